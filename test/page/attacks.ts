import type { Page } from 'playwright-core';

/** What each attack got: the empty string when nothing. */
export type Loot = Readonly<Record<string, string>>;

/** Runs in the hostile page. Everything that a script can try from there without a click. */
const script = `async ({ target, runId }) => {
  const loot = {};
  const attempts = [];
  const attempt = (name, act) => {
    const patience = new Promise((resolve) => setTimeout(resolve, 4_000, ''));
    attempts.push(Promise.race([act(), patience]).then((got) => (loot[name] = got), () => (loot[name] = '')));
  };
  const read = async (route, init) => {
    const response = await fetch(target + route, init);
    return (response.type === 'opaque' ? '' : response.status + ' ') + (await response.text());
  };
  const event = JSON.stringify({ type: 'log.message', data: { level: 'info', message: 'from a foreign page' } });
  const control = ['pause', 'stop', 'cancel'].map((intent) => '/api/runs/' + runId + '/' + intent);
  const ways = { plain: {}, credentials: { credentials: 'include' }, opaque: { credentials: 'include', mode: 'no-cors' } };

  for (const route of ['/', '/?ticket=guess', '/api/state', '/api/events', '/api/stats', '/stream/progress', '/dashboard.js'])
    for (const [way, init] of Object.entries(ways)) attempt('GET ' + route + ' ' + way, () => read(route, init));
  for (const route of ['/emit', '/api/tickets', ...control]) {
    const post = { method: 'POST', body: route === '/emit' ? event : '{}', credentials: 'include' };
    const json = { 'Content-Type': 'application/json' };
    attempt('POST ' + route + ' as JSON', () => read(route, { ...post, headers: json }));
    attempt('POST ' + route + ' with a key', () => read(route, { ...post, headers: { ...json, 'Storyloop-Page': 'x' } }));
    attempt('POST ' + route + ' opaque', () => read(route, { ...post, mode: 'no-cors' }));
    attempt('form to ' + route, () => new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { name: 'sink' + attempts.length });
      const form = Object.assign(document.createElement('form'), {
        method: 'POST', enctype: 'text/plain', action: target + route, target: frame.name,
      });
      const field = document.createElement('input');
      [field.name, field.value] = [event.slice(0, -3), '"}}'];
      form.append(field);
      document.body.append(frame, form);
      frame.onload = () => resolve(frame.contentDocument?.body?.innerText ?? '');
      form.submit();
    }));
  }
  attempt('beacon', async () => { navigator.sendBeacon(target + '/emit', event); return ''; });

  for (const [way, protocols] of Object.entries({ plain: [], versioned: ['storyloop.v1'], keyed: ['storyloop.v1', 'storyloop.page.x'] }))
    for (const route of ['/ws', '/'])
      attempt('WebSocket ' + route + ' ' + way, () => new Promise((resolve) => {
        const socket = new WebSocket(target.replace('http', 'ws') + route, protocols);
        socket.onopen = () => resolve('open');
        socket.onerror = () => resolve('');
      }));
  attempt('EventSource', () => new Promise((resolve) => {
    const source = new EventSource(target + '/stream/progress', { withCredentials: true });
    source.onopen = () => resolve('open');
    source.onerror = () => { source.close(); resolve(''); };
  }));

  const load = (element) => new Promise((resolve) => {
    element.onload = () => resolve('loaded');
    element.onerror = () => resolve('');
    document.body.append(element);
  });
  for (const route of ['/', '/api/state', '/codicon.ttf'])
    attempt('image ' + route, () => load(Object.assign(new Image(), { src: target + route })));
  for (const route of ['/dashboard.js', '/api/state'])
    attempt('script ' + route, () => load(Object.assign(document.createElement('script'), { src: target + route })));
  attempt('style', () => load(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: target + '/dashboard.css' })));
  attempt('font', () => new FontFace('stolen', 'url(' + target + '/codicon.ttf)').load().then(() => 'loaded'));
  for (const route of ['/', '/?ticket=guess', '/api/state'])
    attempt('frame ' + route, () => new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { src: target + route });
      frame.onload = () => {
        frame.contentWindow.postMessage({ op: 'run.stop', id: 1, run_id: runId }, '*');
        resolve(frame.contentDocument?.body?.innerText ?? '');
      };
      document.body.append(frame);
    }));
  await Promise.all(attempts);
  return loot;
}`;

/** Lets the page try everything against `target`; answers what it got by what it tried. */
export function attack(page: Page, target: string, runId: string): Promise<Loot> {
  return page.evaluate<Loot>(`(${script})(${JSON.stringify({ target, runId })})`);
}

/** Opens a window on `url`, or posts a form into one, as on a click; answers what that window shows. */
export async function attackByWindow(page: Page, url: string, method: 'GET' | 'POST'): Promise<string> {
  const open =
    method === 'GET'
      ? `globalThis.opened = open(${JSON.stringify(url)})`
      : `{
          const form = Object.assign(document.createElement('form'), {
            method: 'POST', enctype: 'text/plain', target: '_blank', action: ${JSON.stringify(url)},
          });
          document.body.append(form);
          form.submit();
        }`;
  const [window] = await Promise.all([page.context().waitForEvent('page'), page.evaluate(open)]);
  await window.waitForLoadState();
  const shown = await window.locator('body').innerText();
  await window.close();
  return shown;
}
