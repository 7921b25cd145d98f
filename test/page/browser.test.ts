import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { startRun } from '../rig/commandLine.js';
import type { PlannedStory } from '../rig/workspace.js';
import { faintTexts } from './faintTexts.js';
import { OpenDashboard } from './servedDashboard.js';

const waitingFor = (file: string): NonNullable<PlannedStory['attempts']> => [
  [
    { do: 'wait-for', file },
    { do: 'write', path: `${file}.txt`, content: file },
  ],
];

/** The second story waits for `../go`, the third for `../on`. */
const stories: readonly PlannedStory[] = [
  { id: 'US-1' },
  { id: 'US-2', attempts: waitingFor('go') },
  { id: 'US-3', attempts: waitingFor('on') },
];

const isAgentOf = (story: string) => (event: { data: Record<string, unknown> }) =>
  event.data['task_id'] === `${story}-1-agent`;

describe('The dashboard in a browser', function () {
  this.timeout(60_000);

  it('opens with a link, follows a run, and after the hub was killed and came back has told every event once', async () => {
    await using opened = await OpenDashboard.open(stories);
    const { workspace, hub, page } = opened;
    assert.equal(page.url(), `${hub.origin}/`, 'neither ticket nor key stays in the address');
    const cookie = await opened.cookie();
    assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, 'Strict']);
    await page.evaluate('globalThis.wasNotReloaded = true');

    const run = startRun(workspace);
    const { run_id: runId = '' } = await run.event('command.started', isAgentOf('US-2'));
    await page.getByRole('status').getByText('1 of 3 stories done').waitFor();
    await opened.showsAll(runId);

    await hub.kill('SIGKILL');
    await page.getByRole('alert').getByText('Not connected to the hub').waitFor();
    await workspace.write('../go', '');
    await run.event('command.started', isAgentOf('US-3'));
    await hub.serve();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByRole('status').getByText('2 of 3 stories done').waitFor();
    await opened.showsAll(runId);

    await workspace.write('../on', '');
    assert.equal((await run.ended()).exitCode, 0);
    await page.getByRole('status').getByText('Completed. 3 of 3 stories done').waitFor();
    await opened.showsAll(runId);
    assert.equal(await page.evaluate('globalThis.wasNotReloaded'), true);
    await page.reload();
    await page.getByRole('status').getByText('Completed. 3 of 3 stories done').waitFor();
    assert.deepEqual(opened.faults, []);
  });

  it('polls where WebSockets do not get through, and misses nothing', async () => {
    const asked: string[] = [];
    await using opened = await OpenDashboard.open(stories, {
      prepare: async (page) => {
        await page.routeWebSocket(/./, (socket) => socket.close());
        page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      },
    });
    const { workspace, page, hub } = opened;
    const run = startRun(workspace);
    const { run_id: runId = '' } = await run.event('command.started', isAgentOf('US-2'));
    await page.getByRole('status').getByText('1 of 3 stories done').waitFor();
    await hub.kill('SIGKILL');
    await page.getByRole('alert').getByText('Not connected to the hub').waitFor();
    await hub.serve();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Pause' }).click();
    await run.event('pause.requested');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    await page.getByRole('button', { name: 'Stop' }).click();
    assert.equal((await run.ended()).exitCode, 5);
    await opened.showsAll(runId);
    assert.ok(asked.includes('/api/events'));
    assert.deepEqual(opened.faults, []);
  });

  it('pauses, resumes and stops a run as every other place does', async () => {
    await using opened = await OpenDashboard.open(stories);
    const { workspace, page } = opened;
    const run = startRun(workspace);
    await run.event('command.started', isAgentOf('US-2'));
    await page.getByRole('button', { name: 'Pause' }).click();
    const requested = await run.event('pause.requested');
    assert.equal(requested.data['by'], 'the dashboard in a browser');
    await workspace.write('../go', '');
    await run.event('prd.paused');
    await page.getByRole('status').getByText('Paused').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await run.event('prd.resumed');
    await run.event('command.started', isAgentOf('US-3'));
    await page.getByRole('button', { name: 'Stop' }).click();
    await run.event('stop.requested');
    assert.equal((await run.ended()).exitCode, 5);
    await page.getByRole('status').getByText('Stopped').waitFor();
    assert.deepEqual(opened.faults, []);
  });

  it('answers what an agent asks, and keeps the answer while there is no hub to take it', async () => {
    const asks: PlannedStory = {
      id: 'US-1',
      attempts: [[{ do: 'ask', question: 'Which <i>port</i>?' }], [{ do: 'write', path: 'port.txt', content: 'x' }]],
    };
    await using opened = await OpenDashboard.open([asks, { id: 'US-2', attempts: waitingFor('go') }]);
    const { workspace, hub, page } = opened;
    const run = startRun(workspace);
    const question = page.getByRole('group', { name: 'Which <i>port</i>?' });
    await page.getByRole('button', { name: 'US-1 asks: Which <i>port</i>?' }).click();
    await page.locator('#answer-US-1-Q-1:focus').waitFor();
    await page.keyboard.type('8080');
    await hub.kill('SIGKILL');
    await page.getByRole('alert').getByText('Not connected to the hub').waitFor();
    await page.keyboard.press('Control+Enter');
    await question.getByRole('alert').getByText('Answer failed: The hub did not answer.').waitFor();
    await hub.serve();
    await page.getByText('Not connected to the hub').waitFor({ state: 'detached' });
    assert.equal(await question.getByRole('textbox').inputValue(), '8080');
    await question.getByRole('button', { name: 'Answer' }).click();
    const { data } = await run.event('answer.requested');
    assert.deepEqual([data['answer'], data['question_id']], ['8080', 'Q-1']);
    await question.getByText('Answer of the dashboard in a browser').waitFor();
    await workspace.write('../go', '');
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(opened.faults, []);
  });

  it('ends its session with the token, says so, and opens again with a new link', async () => {
    await using opened = await OpenDashboard.open(stories);
    const { workspace, hub, page } = opened;
    await hub.kill('SIGTERM');
    await rm(path.join(workspace.home, 'hub', 'token'));
    await hub.serve();
    await page.getByRole('alert').getByText('This session has ended').waitFor();
    await page.reload();
    await page.getByText('The dashboard opens with a link').waitFor();
    await page.goto(await hub.link());
    await page.getByText('No runs yet').waitFor();
    assert.deepEqual(opened.faults, []);
  });

  it('keeps where the user was, over a reload and for another window', async () => {
    await using opened = await OpenDashboard.open(stories);
    const { page, context, hub, workspace } = opened;
    const run = startRun(workspace);
    await run.event('command.started', isAgentOf('US-2'));
    await page.getByRole('searchbox', { name: 'Filter events' }).fill('story.*');
    await page.reload();
    const other = await context.newPage();
    await other.goto(hub.origin);
    for (const window of [page, other]) {
      await window.getByRole('status').getByText('1 of 3 stories done').waitFor();
      assert.equal(await window.getByRole('searchbox', { name: 'Filter events' }).inputValue(), 'story.*');
    }
    run.kill('SIGTERM');
    await run.ended();
  });

  for (const dark of [false, true]) {
    it(`can be read in ${dark ? 'dark' : 'light'} colours, wide and narrow`, async () => {
      await using opened = await OpenDashboard.open(stories, { dark });
      const { page, workspace } = opened;
      const run = startRun(workspace);
      await run.event('command.started', isAgentOf('US-2'));
      await page.getByRole('status').getByText('1 of 3 stories done').waitFor();
      for (const width of [1_200, 400]) {
        await page.setViewportSize({ width, height: 900 });
        const overflow = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        );
        assert.equal(overflow, 0, `nothing is cut off at ${width} pixels`);
      }
      assert.deepEqual(await faintTexts(page), []);
      run.kill('SIGTERM');
      await run.ended();
      assert.deepEqual(opened.faults, []);
    });
  }
});
