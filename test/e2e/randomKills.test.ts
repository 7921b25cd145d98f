import assert from 'node:assert/strict';
import { randomOf, seed } from '../rig/faultSample.js';
import { faultyRun, faultyWorkspace, outcomeOf, runKilledAt, type Outcome } from '../rig/faultyRun.js';

/** `npm run faults` does it often enough to believe it. */
const wanted = process.env['STORYLOOP_FAULTS'] === 'all' ? 200 : 4;
/** As many in one life of a run. */
const KILLS_EACH = 4;

describe('A coordinator that is killed at any instant', function () {
  this.timeout(60_000 + wanted * 10_000);

  for (const sample of ['run', 'crossing'] as const) {
    it(`comes to the same when it is taken up again, after ${wanted / 2} kills of the sample "${sample}" (seed ${seed})`, async () => {
      const random = randomOf(`${seed} instants ${sample}`);
      const { outcome: undisturbed, ms } = await undisturbedRun(sample);
      let kills = 0;
      while (kills < wanted / 2) {
        await using workspace = await faultyWorkspace(sample);
        const instants = Array.from({ length: KILLS_EACH }, () => Math.round(random() * ms));
        kills += await runKilledAt(workspace, sample, instants);
        assert.deepEqual(await outcomeOf(workspace), undisturbed, `after ${instants.join(', ')} ms`);
      }
    });
  }
});

async function undisturbedRun(sample: 'run' | 'crossing'): Promise<{ outcome: Outcome; ms: number }> {
  await using workspace = await faultyWorkspace(sample);
  const start = performance.now();
  const { exitCode, stderr } = await faultyRun(workspace, sample, undefined);
  assert.equal(exitCode, 0, stderr);
  return { outcome: await outcomeOf(workspace), ms: performance.now() - start };
}
