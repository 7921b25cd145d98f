import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { randomOf, seed } from '../rig/faultSample.js';
import { arbitraryStories, assertOutcome, expectedStatuses, gauntletRun, gauntletWorkspace } from '../rig/gauntlet.js';
import { CommandLine, startRun } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

/** `npm run gauntlet` runs long PRDs and kills often; `npm test` tries a short one, another each day. */
const all = process.env['STORYLOOP_GAUNTLET'] === 'all';
const random = randomOf(`${seed} gauntlet`);
const options = { numRuns: all ? 4 : 1, seed: Math.floor(random() * 2 ** 31), endOnFailure: true };
const size = all ? { min: 1, max: 200 } : { min: 8, max: 8 };

describe('A run through the night', function () {
  this.timeout(all ? 3_600_000 : 120_000);

  it(`finishes what can be finished, believes nothing false, and leaves nothing behind (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStories(size), async (stories) => {
        await using workspace = await gauntletWorkspace(stories);
        const { exitCode, stderr } = await gauntletRun(workspace).ended();
        const isWhole = Object.values(expectedStatuses(stories)).every((status) => status === 'completed');
        assert.equal(exitCode, isWhole ? 0 : 3, stderr);
        const report = await assertOutcome(workspace, stories);
        if (all) console.log(JSON.stringify(report));
      }),
      options,
    );
  });

  it('makes and removes worktrees for six stories at a time, round after round, without a failure of git', async () => {
    const ids = Array.from({ length: all ? 120 : 12 }, (_, index) => ({ id: `US-${index + 1}` }));
    await using workspace = await Workspace.withStories(ids);
    const run = startRun(workspace, '--workers', '6');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    const failed = run.events.filter(({ type, data }) => type === 'context.completed' && data['success'] !== true);
    assert.deepEqual(failed, []);
    assert.equal((await workspace.committedStories('ralph/sample')).length, ids.length);
  });

  it('does the same for two PRDs of one repository at a time', async () => {
    const ids = Array.from({ length: all ? 60 : 6 }, (_, index) => ({ id: `US-${index + 1}` }));
    await using workspace = await Workspace.withStories(ids);
    const prd = JSON.parse(await workspace.read('prd.json')) as object;
    await workspace.write('other.json', JSON.stringify({ ...prd, branchName: 'ralph/other' }));
    const runs = ['prd.json', 'other.json'].map((file) => {
      const args = ['run', file, '--script', workspace.script, '--yes', '--json', '--workers', '3'];
      return new CommandLine(workspace, args);
    });
    for (const { exitCode, stderr } of await Promise.all(runs.map((run) => run.ended()))) {
      assert.equal(exitCode, 0, stderr);
    }
    const ends = runs.flatMap(({ events }) => events.filter(({ type }) => type === 'context.completed'));
    assert.deepEqual(
      ends.filter(({ data }) => data['success'] !== true),
      [],
    );
    for (const branch of ['ralph/sample', 'ralph/other']) {
      assert.equal((await workspace.committedStories(branch)).length, ids.length);
    }
  });

  it(`comes to the same when it is killed at any instant, again and again (seed ${seed})`, async () => {
    const numRuns = all ? 8 : 1;
    let [runsLeft, killsLeft] = [numRuns, all ? 200 : 4];
    await fc.assert(
      fc.asyncProperty(arbitraryStories(all ? { min: 20, max: 40 } : { min: 6, max: 6 }), async (stories) => {
        let kills = Math.ceil(killsLeft / runsLeft);
        runsLeft -= 1;
        await using workspace = await gauntletWorkspace(stories);
        for (;;) {
          const run = gauntletRun(workspace);
          const instant = kills > 0 ? delay(300 + random() * 3_000, 'killed' as const) : new Promise<never>(() => {});
          const end = await Promise.race([run.ended(), instant]);
          if (end !== 'killed') {
            assert.ok(end.exitCode === 0 || end.exitCode === 3, end.stderr);
            break;
          }
          kills -= 1;
          killsLeft -= 1;
          run.kill('SIGKILL');
          await run.ended();
          await until('what the run started to be gone', () => processesOfTest().length === 0, 10_000);
        }
        await assertOutcome(workspace, stories);
      }),
      { ...options, numRuns },
    );
    if (all) console.log(JSON.stringify({ kills: 200 - killsLeft }));
  });
});
