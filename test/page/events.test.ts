import assert from 'node:assert/strict';
import { Disposables } from '../../src/primitives/disposables.js';
import { startRun } from '../rig/commandLine.js';
import { until } from '../rig/waiting.js';
import { EventsOf } from './eventsPage.js';
import { faintTexts } from './faintTexts.js';
import { OpenDashboard } from './servedDashboard.js';

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `number ${from + index}`);

describe('The page of all events', function () {
  this.timeout(60_000);

  // One hub and browser for all: each test has a PRD of its own.
  const owned = new Disposables();
  let opened: OpenDashboard;
  before(async () => {
    opened = owned.use(await OpenDashboard.open([{ id: 'US-1' }]));
  });
  afterEach(() => {
    assert.deepEqual(opened.faults, []);
  });
  after(() => owned[Symbol.asyncDispose]());

  const open = (prd: string): Promise<EventsOf> => EventsOf.open(opened.hub, opened.page, prd);

  it('opens from the dashboard and leads back to it', async () => {
    const { page, hub } = opened;
    await page.getByRole('link', { name: 'All events' }).click();
    await page.getByRole('heading', { name: 'Events', exact: true }).waitFor();
    assert.equal(page.url(), `${hub.origin}/events`);
    await page.getByRole('link', { name: 'Dashboard' }).click();
    await page.getByText('No runs yet').waitFor();
    assert.equal(page.url(), `${hub.origin}/`);
  });

  it('shows what happens, the newest first, and each event in full as JSON', async () => {
    const events = await open('json');
    await events.say('one');
    await events.shows(['one']);
    await events.emit({ type: 'log.message', data: { level: 'warn', message: 'two' }, id: 'e_two' });
    await events.shows(['two', 'one']);
    const { page } = events;
    const row = page.getByRole('button', { name: /Warning.*two/ });
    await row.click();
    const json = JSON.parse((await page.locator('.event-json').textContent()) ?? '') as Record<string, unknown>;
    assert.deepEqual([json['id'], json['source'], json['data']], ['e_two', 'ci', { level: 'warn', message: 'two' }]);
    assert.match(String(json['cursor']), /:\d+$/);
    await row.click();
    assert.equal(await page.locator('.event-json').count(), 0);
  });

  it('is used by the keyboard alone', async () => {
    const events = await open('keys');
    const { keyboard } = events.page;
    await events.say('old', 'new');
    await events.shows(['new', 'old']);
    const focused = (): Promise<string> => events.page.evaluate<string>('document.activeElement.textContent');
    await events.page.getByRole('checkbox', { name: 'Transient events' }).focus();
    await keyboard.press('Tab');
    assert.match(await focused(), /new/);
    await keyboard.press('ArrowDown');
    assert.match(await focused(), /old/);
    await keyboard.press('Enter');
    assert.match(await events.page.locator('.event-json').innerText(), /"message": "old"/);
    await keyboard.press('Home');
    assert.match(await focused(), /new/);
  });

  it('asks the hub for one PRD only, from now on and back in time, and keeps that over a reload', async () => {
    const events = await open('a');
    await events.say('a1');
    await events.emit({ type: 'deploy.started', data: {}, prd_id: 'b' });
    await events.say('a2');
    await events.shows(['a2', 'a1']);
    await events.page.reload();
    await events.shows(['a2', 'a1']);
    assert.equal(await events.field('PRD').inputValue(), 'a');
    await events.field('PRD').fill('b');
    await events.shows(['deploy.started']);
    await events.field('PRD').fill('');
    await until('all events', async () => (await events.texts()).slice(0, 3).join() === 'a2,deploy.started,a1');
  });

  it('filters by pattern, severity and run, also what is older than the list, and says which pattern is none', async () => {
    const events = await open('filters');
    const message = { type: 'log.message', data: { level: 'info', message: 'broken' } };
    await events.emit(
      { ...message, severity: 'error', run_id: 'job_1' },
      { type: 'deploy.started', data: {}, run_id: 'job_1' },
      { ...message, data: { level: 'warn', message: 'odd' } },
    );
    await events.say(...numbers(1, 250));
    await events.page.reload();
    await events.shows(numbers(51, 250).toReversed());
    await events.field('Severity').selectOption('Warnings and errors');
    await events.shows(['odd', 'broken']);
    await events.field('Severity').selectOption('Errors');
    await events.shows(['broken']);
    await events.field('Severity').selectOption('All');
    await events.field('Types').fill('deploy.*');
    await events.shows(['deploy.started']);
    await events.field('Types').fill('deploy.*, **');
    await events.page.getByRole('alert').getByText('“**” is no pattern').waitFor();
    await events.shows(['deploy.started']);
    await events.field('Types').fill('');
    await events.field('Run').selectOption('job_1');
    await events.shows(['deploy.started', 'broken']);
    await events.field('Run').selectOption('All runs');
  });

  it('searches all that an event says, as it is typed', async () => {
    const events = await open('search');
    await events.emit({ type: 'deploy.started', data: { host: 'Barnacle' }, story_id: 'US-7' });
    await events.say('one');
    await events.field('Search').fill('us-7');
    await events.shows(['deploy.started']);
    await events.field('Search').fill('barnacle DEPLOY');
    await events.shows(['deploy.started']);
    await events.say('two');
    await events.page.getByText('1 of 3 events').waitFor();
    await events.field('Search').fill('nothing has this');
    await events.page.getByText('No event has this text.').waitFor();
  });

  it('stands still while it is paused, and then has what came meanwhile', async () => {
    const events = await open('pause');
    await events.say('before');
    await events.shows(['before']);
    await events.page.getByRole('button', { name: 'Pause', exact: true }).click();
    await events.say('one', 'two');
    const resume = events.page.getByRole('button', { name: 'Resume (2 new)' });
    await resume.waitFor();
    await events.shows(['before']);
    await resume.click();
    await events.shows(['two', 'one', 'before']);
  });

  it('forgets what it shows when it is cleared, follows on, and has all of it again after a reload', async () => {
    const events = await open('clear');
    await events.say('one', 'two');
    await events.shows(['two', 'one']);
    await events.page.getByRole('button', { name: 'Clear', exact: true }).click();
    await events.shows([]);
    await events.say('three');
    await events.shows(['three']);
    await events.page.reload();
    await events.shows(['three', 'two', 'one']);
  });

  it('keeps a bounded list, loads older events as long as there is room, and says what it dropped', async () => {
    const events = await open('many');
    await events.say(...numbers(1, 300));
    await events.page.reload();
    await events.shows(numbers(101, 300).toReversed());
    const older = events.page.getByRole('button', { name: 'Load older events' });
    await older.click();
    await events.shows(numbers(1, 300).toReversed());
    assert.equal(await older.count(), 0);
    await events.say(...numbers(301, 1_050));
    await events.shows(numbers(51, 1_050).toReversed());
    await events.page.getByText('50 are not shown any more').waitFor();
  });

  it("tells the hub's clients, totals and types, and shows a type that is chosen there", async () => {
    const events = await open('statistics');
    await events.say('one');
    await events.emit({ type: 'rocket.launched', data: {} });
    const statistics = events.page.getByRole('complementary', { name: 'Statistics' });
    const figure = (name: string): Promise<string | null> =>
      statistics
        .locator('dl > div', { hasText: new RegExp(`^${name}`) })
        .locator('dd')
        .textContent();
    const rockets = statistics.getByRole('row', { name: 'rocket.launched' });
    await until('its count', async () => (await rockets.getByRole('cell').allTextContents()).join() === '1');
    const { last_seq: last } = (await opened.hub.get<{ log: { last_seq: number } }>('/api/stats')).log;
    assert.deepEqual([await figure('WebSocket'), await figure('Last event')], ['1', last.toLocaleString('en')]);
    await rockets.getByRole('button').click();
    await events.shows(['rocket.launched']);
    assert.equal(await events.field('Types').inputValue(), 'rocket.launched');
  });

  it('shows what is told only once when it is asked to', async () => {
    const events = await open('transient');
    const transient = events.page.getByRole('checkbox', { name: 'Transient events' });
    const output = { story_key: 'US-1', command: 'npm', task_id: 't1', message: 'half way' };
    await events.emit({ type: 'command.progress', data: output });
    await events.say('stored');
    await events.shows(['stored']);
    await transient.check();
    await until('a transient event', async () => {
      await events.emit({ type: 'command.progress', data: output });
      return (await events.texts()).length > 1;
    });
    assert.match((await events.texts())[0] ?? '', /half way/);
    await transient.uncheck();
    await events.shows(['stored']);
  });

  it('can be read in light and dark colours, wide and narrow', async () => {
    const events = await open('');
    const { page } = events;
    assert.equal((await startRun(opened.workspace).ended()).exitCode, 0);
    await events.emit({
      ...{ type: 'log.message', data: { level: 'warn', message: 'x'.repeat(500) } },
      ...{ prd_id: 'a'.repeat(100), story_id: 'b'.repeat(100) },
    });
    await page.getByRole('button', { name: 'xxx' }).click();
    await page.getByRole('row', { name: 'prd.started' }).waitFor();
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [400, 1_200]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.equal(overflow, 0, `nothing is cut off at ${width} pixels`);
      }
      assert.deepEqual(await faintTexts(page), []);
    }
  });
});

describe('The page of all events, when its hub goes', function () {
  this.timeout(60_000);

  for (const way of ['a WebSocket', 'polling'] as const) {
    it(`has each event once after the hub was killed and came back, over ${way}`, async () => {
      await using opened = await OpenDashboard.open([{ id: 'US-1' }]);
      const { page } = opened;
      if (way === 'polling') await page.routeWebSocket(/./, (socket) => socket.close());
      const events = await EventsOf.open(opened.hub, page, way);
      await events.say('before');
      await events.shows(['before']);
      await opened.hub.kill('SIGKILL');
      await page.getByRole('alert').getByText('Not connected to the hub').waitFor();
      await opened.hub.serve();
      await events.say('missed');
      await events.emit({ type: 'deploy.started', data: {}, prd_id: 'unwanted' });
      await page.getByRole('alert').waitFor({ state: 'detached' });
      await events.say('after');
      await events.shows(['after', 'missed', 'before']);
      assert.deepEqual(opened.faults, []);
    });
  }

  it('says openly when the hub comes back with another log, and begins anew', async () => {
    await using opened = await OpenDashboard.open([{ id: 'US-1' }]);
    const { page } = opened;
    const events = await EventsOf.open(opened.hub, page, 'reset');
    await events.say('lost');
    await events.shows(['lost']);
    await opened.hub.kill('SIGKILL');
    await opened.forgetLog();
    await opened.hub.serve();
    await page.getByRole('alert').getByText('The hub has another log now').waitFor();
    await events.say('found');
    await events.shows(['found']);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });
});
