import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { failpoints } from '../../src/primitives/failpoint.js';
import { killedHub } from '../rig/faultyHub.js';
import { faultPlan, type Reach } from '../rig/faultPlan.js';
import { faultyRun, faultyWorkspace, killedRun, outcomeOf, type Kill, type Outcome } from '../rig/faultyRun.js';
import { namedFault, sampledFaults, seed, type Fault, type FaultKind } from '../rig/faultSample.js';

/** `npm run faults` goes through all of them, or takes the one that it is told; `npm test` tries a few, others each day. */
const wanted = process.env['STORYLOOP_FAULTS'] ?? 'sample';
const all = wanted === 'all';
const faults = (kind: FaultKind): readonly Fault[] =>
  wanted === 'sample' ? sampledFaults(kind) : namedFault(kind, wanted);

/** More than any failpoint is passed in one run: where `every` hit is tried, the first that is not reached ends it. */
const MOST_HITS = 1_000;

/** Tries the hits in order, as many at a time as there are processors, up to the first that is not reached: answers that. */
async function firstMissed({ hits }: Reach, reaches: (hit: number) => Promise<boolean>): Promise<number | undefined> {
  const left = hits === 'every' ? Array.from({ length: MOST_HITS }, (_, index) => index + 1) : [...hits];
  const missed: number[] = [];
  const work = async (): Promise<void> => {
    for (let hit = left.shift(); hit !== undefined && missed.length === 0; hit = left.shift()) {
      try {
        if (!(await reaches(hit))) missed.push(hit);
      } catch (error) {
        left.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: availableParallelism() }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return missed.length === 0 ? undefined : Math.min(...missed);
}

for (const sample of ['run', 'crossing'] as const) {
  describe(`A coordinator ${sample === 'run' ? '' : 'of stories that cross each other '}that is killed`, function () {
    this.timeout(all ? 1_800_000 : 120_000);
    let undisturbed: Outcome;

    before(async () => {
      await using workspace = await faultyWorkspace(sample);
      const { exitCode, stderr } = await faultyRun(workspace, sample, undefined);
      assert.equal(exitCode, 0, stderr);
      undisturbed = await outcomeOf(workspace);
      assert.deepEqual(undisturbed.committed, ['US-1', 'US-2', 'US-3']);
    });

    /** True when it was killed there, and came to the same in the end. */
    async function survives(reach: Reach, kill: Kill): Promise<boolean> {
      await using workspace = await faultyWorkspace(sample);
      const unreached = await killedRun(workspace, sample, [...(reach.after ?? []), kill]);
      if (unreached !== undefined) {
        assert.equal(unreached, kill, `${unreached} was never reached, before ${kill}`);
        return false;
      }
      assert.deepEqual(await outcomeOf(workspace), undisturbed, `after ${kill}`);
      return true;
    }

    if (all) {
      for (const name of failpoints) {
        const reach = faultPlan[name][sample];
        if (!reach) continue;
        it(`at ${name} comes to the same when it is taken up again`, async () => {
          const missed = await firstMissed(reach, (hit) => survives(reach, `${name}:${hit}`));
          assert.ok(
            missed === undefined || (reach.hits === 'every' && missed > 1),
            `${name}:${missed ?? ''} was never reached`,
          );
        });
      }
    } else {
      for (const { kill, reach } of faults(sample)) {
        it(`at ${kill} comes to the same when it is taken up again (seed ${seed})`, async () => {
          assert.ok(await survives(reach, kill), `${kill} was never reached`);
        });
      }
    }
  });
}

describe('A hub that is killed', function () {
  this.timeout(all ? 600_000 : 60_000);
  if (all) {
    for (const name of failpoints) {
      const reach = faultPlan[name].hub;
      if (!reach) continue;
      it(`at ${name} loses nothing, and the next one goes on with its log`, async () => {
        const missed = await firstMissed(reach, (hit) => killedHub(`${name}:${hit}`));
        assert.equal(missed, undefined, `${name}:${missed ?? ''} was never reached`);
      });
    }
  } else {
    for (const { kill } of faults('hub')) {
      it(`at ${kill} loses nothing, and the next one goes on with its log (seed ${seed})`, async () => {
        assert.ok(await killedHub(kill), `${kill} was never reached`);
      });
    }
  }
});
