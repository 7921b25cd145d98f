import assert from 'node:assert/strict';
import type { ScriptStep } from '../../src/agents/script.js';
import type { Config } from '../../src/config/config.js';
import { startRun, storyloop, type CommandLine } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const use = (tokens: number, costUsd: number): ScriptStep => ({
  ...{ do: 'usage', inputTokens: tokens, outputTokens: 0 },
  costUsd,
});
const write = (path: string): ScriptStep => ({ do: 'write', path, content: 'x' });

async function limited(workspace: Workspace, config: Config, ...args: string[]): Promise<CommandLine> {
  await workspace.write('../home/config.json', JSON.stringify({ gates: { test: ['node', 'check.js'] }, ...config }));
  return startRun(workspace, ...args);
}

describe('a run with a budget', () => {
  it('ends a story that used its own up before the next attempt, never in the middle of one, and goes on with the others', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [use(60, 0.1), write('broken')],
          [use(60, 0.1), write('broken'), write('b.txt')],
        ],
      },
      { id: 'US-2' },
    ]);
    const run = await limited(workspace, { attempts: 5, budget: { storyTokens: 100 } });
    assert.equal((await run.ended()).exitCode, 3);
    const exceeded = run.events.filter(({ type }) => type === 'budget.exceeded');
    assert.deepEqual(
      exceeded.map(({ data }) => data),
      [{ budget: 'storyTokens', limit: 100, used: 120, story_id: 'US-1' }],
    );
    const { data } = await run.event('story.completed', ({ story_id: id }) => id === 'US-1');
    assert.deepEqual(
      [data['reason'], data['message']],
      ['budget-exceeded', 'Budget of the story used up: 120 of 100 tokens'],
    );
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-2']);
  });

  it('lets the attempts that run come to their end when the run has used its own up, stops with that reason, and goes on once it is raised', async () => {
    const go: ScriptStep = { do: 'wait-for', file: 'US-1.told' };
    const tell: ScriptStep = { do: 'shell', command: 'touch ../../../../../US-1.told' };
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[use(10, 2), tell, write('US-1.txt')]] },
      { id: 'US-2', attempts: [[go, write('US-2.txt')]] },
      { id: 'US-3' },
    ]);
    const budget = { runUsd: 1.5 };
    const run = await limited(workspace, { budget }, '--workers', '2');
    const stopped = await run.ended();
    assert.equal(stopped.exitCode, 5, stopped.stderr);
    assert.match(stopped.stderr, /Budget of the run used up: \$2\.00 of \$1\.50\. Raise it to go on/);
    assert.deepEqual((await workspace.committedStories('ralph/sample')).sort(), ['US-1', 'US-2']);
    assert.equal(run.events.filter(({ type }) => type === 'budget.exceeded').length, 1);
    assert.match(
      (await storyloop(workspace, 'status')).stdout,
      /stopped \(Budget of the run used up: \$2\.00 of \$1\.50/,
    );

    const again = await limited(workspace, { budget }, '--resume');
    assert.equal((await again.ended()).exitCode, 5, 'what was used counts over all executions');
    assert.ok(!again.events.some(({ type }) => type === 'story.started'));
    const raised = await (await limited(workspace, { budget: { runUsd: 3 } }, '--resume')).ended();
    assert.equal(raised.exitCode, 0, raised.stderr);
  });
});
