import assert from 'node:assert/strict';
import path from 'node:path';
import { randomOf, seed } from '../rig/faultSample.js';
import { killHubs } from '../rig/killedHubs.js';
import { useTemporaryFolder } from '../rig/temporaryFolder.js';

/** `npm run faults` does it often enough to believe it. */
const kills = process.env['STORYLOOP_FAULTS'] === 'all' ? 200 : 5;

describe('A hub that is killed again and again under 200 events a second', function () {
  this.timeout(20_000 + kills * 5_000);
  const folder = useTemporaryFolder();

  it(`has every acknowledged event once, after ${kills} kills`, async () => {
    const report = await killHubs(path.join(folder(), 'home'), folder(), kills, randomOf(`${seed} kills`));
    assert.equal(report.stored, report.acknowledged);
    assert.ok(report.acknowledged > kills);
    if (kills > 5) console.log(`      ${JSON.stringify(report)}`);
  });
});
