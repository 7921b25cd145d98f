import assert from 'node:assert/strict';
import { until } from '../rig/waiting.js';
import { DashboardRig } from './dashboardPage.js';
import {
  externalRun,
  failThirdStoryOnce,
  finishRun,
  finishThirdStory,
  RUN_ID,
  runInThirdStory,
  runOfManyStories,
} from './recordedRun.js';

describe('The dashboard', function () {
  this.timeout(60_000);
  let rig: DashboardRig;

  before(async () => {
    rig = await DashboardRig.start();
  });

  after(async () => {
    await rig[Symbol.asyncDispose]();
  });

  afterEach(() => rig.closePages());

  /** A page that shows the sample run in the middle of its third story, which started 154 s ago. */
  async function openMidway(options?: Parameters<DashboardRig['open']>[0]) {
    const dashboard = await rig.open(options);
    const recorded = runInThirdStory(Date.now() - 154_000);
    let told = recorded.events.length;
    await dashboard.init(recorded.events);
    await dashboard.shows('Temperature converter');
    const tell = async (): Promise<void> => {
      await dashboard.tell(recorded.events.slice(told));
      told = recorded.events.length;
    };
    return { dashboard, page: dashboard.page, recorded, tell };
  }

  it('asks for its first frame, and says how to start while there is no run', async () => {
    const dashboard = await rig.open();
    await dashboard.init([]);
    await dashboard.shows('No runs yet');
    await dashboard.shows('Storyloop: Start PRD run');
  });

  it('shows how far the run is', async () => {
    const { dashboard, page } = await openMidway();
    assert.deepEqual(await dashboard.texts('h1'), ['Temperature converter']);
    assert.deepEqual(await dashboard.texts('.run-status strong'), ['Running']);
    assert.deepEqual(await dashboard.texts('.percent'), ['40%']);
    assert.equal(await page.getByRole('progressbar', { name: 'Stories done' }).getAttribute('value'), '40');
    const [stories, criteria, times, branch, agent] = await dashboard.texts('.figures li');
    assert.equal(stories, '2/5 stories');
    assert.equal(criteria, '6 of 14 criteria proved');
    assert.match(times ?? '', /^2m 3\ds elapsed · ~4m remaining$/);
    assert.equal(branch, 'storyloop/tempconv');
    assert.equal(agent, 'scripted');
    assert.equal(
      await page.getByRole('status').innerText(),
      'Running. 2 of 5 stories done, 6 of 14 criteria proved. Working on US-003.',
    );
  });

  it('lists the stories with status, priority, criteria, attempts and time, the running one opened', async () => {
    const { dashboard } = await openMidway();
    const rows = await dashboard.texts('.story-row');
    assert.match(
      rows[0] ?? '',
      /^US-001 Convert between Celsius and Fahrenheit Done P1 3\/3 criteria proved 1 attempt 3\ds$/,
    );
    assert.match(rows[1] ?? '', /^US-002 Understand Kelvin Done P2 3\/3 criteria proved 2 attempts 5\ds$/);
    assert.match(rows[2] ?? '', /^US-003 .* Running P3 0\/3 criteria proved 1 attempt \d+m? ?\d*s?$/);
    assert.match(rows[4] ?? '', /^US-005 Round to a chosen number of digits Open P5 0\/3 criteria proved$/);
    assert.deepEqual(await dashboard.texts('.story.running .criteria li'), [
      'Claimed AC-1 tempconv --file values.txt C F prints one line for each value Claimed by the agent, not proved',
      'Not proved AC-2 An empty file prints nothing and exits 0 Not proved',
      'Not proved AC-3 Typecheck passes Not proved',
    ]);
    assert.equal((await dashboard.texts('.story-details')).length, 1);
  });

  it('counts down to when a run goes on that waits for its agent, and lets it go on at once', async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    recorded.add('limit.reached', { resets_at: until, agent: 'scripted', reason: 'agent-rate-limited', until });
    await tell();
    await dashboard.shows(/The limit of scripted is reached\. .* by itself at \d\d:\d\d; .* (59m \d\ds|1h 00m) left/);
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    recorded.add('limit.cleared', { agent: 'scripted' });
    await tell();
    await page.getByRole('button', { name: 'Resume' }).waitFor({ state: 'detached' });
    assert.equal(await page.getByText('The limit of').count(), 0);
  });

  it('follows the events: output, gates, proofs, and the next story', async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    recorded.add('command.progress', {
      ...{ story_key: 'US-003', command: 'scripted', task_id: 'US-003-1' },
      message: 'Editing src/table.js\n\u001b[32mok\u001b[0m',
    });
    await tell();
    await dashboard.shows('Editing src/table.js');
    assert.deepEqual(await dashboard.texts('.command-output'), ['Editing src/table.js ok']);
    finishThirdStory(recorded);
    await tell();
    await until('the third story to be done', async () => (await dashboard.texts('.percent'))[0] === '60%');
    assert.deepEqual(await dashboard.texts('.command-output'), []);
    await page.locator('#story-US-003').click();
    await page.locator('#details-US-003').waitFor();
    assert.deepEqual(await dashboard.texts('.gate'), ['Passed typecheck Passed 2.3s', 'Passed test Passed 1.4s']);
    assert.match(
      (await dashboard.texts('.criteria li'))[0] ?? '',
      /"node bin\/tempconv.*" succeeded on 44444444, failed before$/,
    );
    finishRun(recorded);
    await tell();
    await until('the run to be done', async () => (await dashboard.texts('.run-status strong'))[0] === 'Completed');
    assert.equal((await dashboard.texts('.figures li'))[1], '14 of 14 criteria proved');
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
  });

  it("shows the end of a failing gate's output, and why earlier attempts failed", async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    failThirdStoryOnce(recorded);
    await tell();
    const output = page.getByRole('region', { name: 'Output of gate “test”' });
    await output.waitFor();
    assert.match(await output.innerText(), /✖ refuses what is below absolute zero[\s\S]*fail 1$/);
    assert.doesNotMatch(await output.innerText(), /\[3[12]m/);
    await page.locator('#story-US-002').click();
    await page.locator('#details-US-002').waitFor();
    const attempts = await dashboard.texts('#details-US-002 .attempt');
    assert.match(attempts[0] ?? '', /^Succeeded Attempt 2 Succeeded 2\ds saved as 88888888$/);
    assert.match(attempts[1] ?? '', /^Did not succeed Attempt 1 Gate failed 2\ds saved as 77777777$/);
  });

  it('sends what the user asks for, and waits until the run shows it', async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    await page.getByRole('button', { name: 'Pause' }).click();
    assert.deepEqual(await dashboard.request('run.pause'), { op: 'run.pause', id: 1, run_id: RUN_ID });
    const waiting = page.getByRole('button', { name: 'Pause requested' });
    await waiting.click({ force: true });
    await dashboard.frame({ op: 'ok', id: 1, intent_id: 'i1' });
    recorded.add('pause.requested', { by: 'ada' });
    await tell();
    assert.equal(await waiting.getAttribute('aria-disabled'), 'true');
    assert.equal((await dashboard.sent()).length, 2, 'ready, and one request');
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    recorded.add('prd.paused', {});
    await tell();
    await page.getByRole('button', { name: 'Resume' }).click();
    assert.deepEqual(await dashboard.request('run.resume'), { op: 'run.resume', id: 2, run_id: RUN_ID });
    recorded.add('prd.resumed', {});
    await tell();
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.deepEqual(await dashboard.request('run.stop'), { op: 'run.stop', id: 3, run_id: RUN_ID });
  });

  it('says why a request failed, and that the hub is gone', async () => {
    const { dashboard, page } = await openMidway();
    await page.getByRole('button', { name: 'Stop' }).click();
    await dashboard.request('run.stop');
    await dashboard.frame({ op: 'error', id: 1, code: 'UNAVAILABLE', message: 'the hub is stopping' });
    await dashboard.shows('Stop failed: the hub is stopping');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await page.getByText('Stop failed').waitFor({ state: 'detached' });
    await dashboard.frame({ op: 'disconnected' });
    await dashboard.shows('Not connected to the hub');
    await dashboard.shows('Temperature converter');
  });

  it('says that a stopped run was interrupted, lets nothing seem to run, and offers to resume', async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    recorded.add('gate.started', { story_id: 'US-003', gate: 'test' }).add('prd.stopped', { reason: 'Stopped by ada' });
    await tell();
    await dashboard.shows('Stopped by ada');
    assert.equal(await page.locator('.codicon-modifier-spin').count(), 0);
    assert.match((await dashboard.texts('.story-row'))[2] ?? '', / Interrupted P3 /);
    await page.locator('#story-US-003').click();
    await page.locator('#details-US-003').waitFor();
    assert.deepEqual(await dashboard.texts('.gate'), ['Interrupted test Interrupted']);
    await page.getByRole('button', { name: 'Resume' }).click();
    await dashboard.request('run.resume');
  });

  it('says that a live run is interrupted when nobody executes it, and offers to resume it, until somebody does', async () => {
    const { dashboard, page } = await openMidway();
    const tell = (interrupted: string[]): Promise<void> =>
      dashboard.tell([
        {
          ...{ id: 'e_liveness', type: 'hub.liveness', timestamp: new Date(0).toISOString(), source: 'hub', term: 1 },
          ...{ source_seq: 1, data: { interrupted } },
        },
      ]);
    await tell([RUN_ID]);
    await dashboard.shows('The process that executed the run is gone');
    assert.match((await dashboard.texts('.run-status-text'))[0] ?? '', /^Interrupted$/);
    assert.equal(await page.locator('.codicon-modifier-spin').count(), 0);
    assert.deepEqual(await dashboard.texts('.controls button'), ['Resume']);
    await tell([]);
    await page.getByText('The process that executed the run is gone').waitFor({ state: 'detached' });
    assert.deepEqual(await dashboard.texts('.controls button'), ['Pause', 'Stop']);
  });

  it('lists live events, the newest first, and filters them', async () => {
    const { dashboard, page } = await openMidway();
    const [newest, next] = await dashboard.texts('.feed-list li');
    assert.match(newest ?? '', /^\d\d:\d\d:\d\d AC-1 claimed by the agent: prints a table US-003 criterion.claimed$/);
    assert.match(next ?? '', /Agent started: scripted US-003 command.started$/);
    await page.getByRole('searchbox', { name: 'Filter events' }).fill('gate.* us-002');
    await until('the filter to work', async () => {
      const rows = await dashboard.texts('.feed-list li');
      return rows.length > 0 && rows.every((row) => /Gate “.*US-002 gate\./.test(row));
    });
    await page.getByRole('searchbox').fill('nothing like this');
    await dashboard.shows('No event matches the filter.');
  });

  it('follows live events at the top, and stays where the user scrolled to', async () => {
    const { dashboard, page, recorded, tell } = await openMidway();
    const list = page.locator('.feed-list');
    const topRow = (): Promise<string> =>
      list.evaluate(
        (box: {
          getBoundingClientRect(): { top: number };
          children: Iterable<{ getBoundingClientRect(): { bottom: number }; textContent: string }>;
        }) => {
          const { top } = box.getBoundingClientRect();
          return [...box.children].find((row) => row.getBoundingClientRect().bottom > top + 4)?.textContent ?? '';
        },
      );
    recorded.add('log.message', { level: 'info', message: 'first of three' });
    await tell();
    await dashboard.shows('first of three');
    assert.match(await topRow(), /first of three/);
    await list.hover();
    await page.mouse.wheel(0, 300);
    await until('the list to scroll', async () => !(await topRow()).includes('first of three'));
    const before = await topRow();
    recorded
      .add('log.message', { level: 'info', message: 'second' })
      .add('log.message', { level: 'info', message: 'third' });
    await tell();
    await page.getByRole('button', { name: '2 new' }).waitFor();
    assert.equal(await topRow(), before);
    await page.getByRole('button', { name: '2 new' }).click();
    await until('the newest to be on top', async () => (await topRow()).includes('third'));
    await page.getByRole('button', { name: /new$/ }).waitFor({ state: 'detached' });
  });

  it('keeps what the user opened, the filter and the chosen run over a reload', async () => {
    const { dashboard, page, recorded } = await openMidway();
    const other = externalRun(Date.now() - 5_000);
    await dashboard.init([...recorded.events, ...other.events]);
    await page.getByRole('combobox', { name: 'Run' }).selectOption('external:nightly.sh:nightly-import');
    await dashboard.shows('Fetch the feeds');
    assert.deepEqual(await dashboard.texts('.badge'), ['External']);
    assert.equal(await page.getByRole('group', { name: 'Run controls' }).count(), 0);
    await page.getByRole('combobox', { name: 'Run' }).selectOption(RUN_ID);
    await page.locator('#story-US-001').click();
    await page.locator('#story-US-003').click();
    await page.getByRole('searchbox').fill('story.*');
    await page.reload();
    await dashboard.init([...recorded.events, ...other.events]);
    await dashboard.shows('Temperature converter');
    assert.equal(await page.locator('#story-US-001').getAttribute('aria-expanded'), 'true');
    assert.equal(await page.locator('#story-US-003').getAttribute('aria-expanded'), 'false');
    assert.equal(await page.getByRole('searchbox').inputValue(), 'story.*');
  });

  it('shows a run that begins, whatever was looked at before', async () => {
    const { dashboard, page, recorded } = await openMidway();
    await dashboard.init([...recorded.events, ...externalRun(Date.now()).events]);
    await page.getByRole('combobox', { name: 'Run' }).selectOption('external:nightly.sh:nightly-import');
    await dashboard.shows('Fetch the feeds');
    await dashboard.tell(runOfManyStories(3, Date.now()).planned);
    await until('the run that began', async () => (await dashboard.texts('h1'))[0] === 'Many stories');
  });

  it('can be used with the keyboard alone', async () => {
    const { dashboard, page } = await openMidway();
    const focused = (): Promise<string> => page.locator(':focus').innerText();
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Skip to live events');
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'Pause');
    await page.keyboard.press('Enter');
    await dashboard.request('run.pause');
    await until('the request to show', async () => (await focused()) === 'Pause requested');
    await page.locator('#story-US-003').focus();
    await page.keyboard.press('ArrowUp');
    assert.match(await focused(), /^US-002/);
    await page.keyboard.press('ArrowRight');
    await page.locator('#details-US-002').waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator('#details-US-002').waitFor({ state: 'detached' });
    await page.keyboard.press('End');
    assert.match(await focused(), /^US-005/);
    await page.keyboard.press('Home');
    assert.match(await focused(), /^US-001/);
    await page.keyboard.press('Enter');
    await page.locator('#details-US-001').waitFor();
  });

  it('has landmarks and headings, and only the summary is read aloud', async () => {
    const { dashboard, page } = await openMidway();
    assert.equal(await page.getByRole('main').count(), 1);
    assert.equal(await page.getByRole('banner').count(), 1);
    assert.deepEqual(await page.getByRole('heading', { level: 2 }).allInnerTexts(), ['STORIES', 'LIVE EVENTS']);
    assert.equal(await page.getByRole('region', { name: 'Stories' }).count(), 1);
    assert.equal(await page.locator('[aria-live]').count(), 1);
    assert.deepEqual(await dashboard.texts('.codicon:not([aria-hidden="true"])'), []);
  });

  it('changes nothing of other stories when an event comes', async () => {
    const dashboard = await rig.open();
    const { planned, claims } = runOfManyStories(200, Date.now() - 4_000);
    await dashboard.init(planned);
    await until('all stories', async () => (await dashboard.page.locator('.story').count()) === 200);
    await dashboard.watchStories();
    await dashboard.tell(claims);
    await dashboard.shows('again 29');
    assert.deepEqual(await dashboard.touchedStories(), ['US-001']);
  });

  for (const width of [300, 600, 1_100, 1_920]) {
    it(`fits into ${width} pixels without scrolling sideways`, async () => {
      const { page } = await openMidway({ width });
      await page.locator('#story-US-002').click();
      await page.locator('#details-US-002').waitFor();
      const overflow = await page.locator('html').evaluate((html: { scrollWidth: number }) => html.scrollWidth);
      assert.equal(overflow, width);
    });
  }

  it('stands still when VS Code is asked to reduce motion', async () => {
    const { page } = await openMidway();
    const moving = (): Promise<number> =>
      page
        .locator('body')
        .evaluate(
          (body: { getAnimations(options: object): { effect: { getComputedTiming(): { iterations?: number } } }[] }) =>
            body
              .getAnimations({ subtree: true })
              .filter(({ effect }) => effect.getComputedTiming().iterations === Infinity).length,
        );
    assert.notEqual(await moving(), 0);
    await page.locator('body').evaluate((body: { classList: { add(name: string): void } }) => {
      body.classList.add('vscode-reduce-motion');
    });
    assert.equal(await moving(), 0);
  });
});
