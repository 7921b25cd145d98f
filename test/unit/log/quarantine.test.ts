import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig } from './logRig.js';

const hour = 3_600_000;
const now = Date.now();

describe('A damaged log that was put aside', () => {
  const folder = useTemporaryFolder();

  function putAside(name: string, bytes: number, hoursAgo: number): void {
    const aside = path.join(folder(), 'log', `quarantine-${name}`);
    mkdirSync(aside, { recursive: true });
    writeFileSync(path.join(aside, '1-1.jsonl'), 'x'.repeat(bytes));
    const then = new Date(now - hoursAgo * hour);
    utimesSync(aside, then, then);
  }

  /** What is still there once a hub has opened its log. */
  async function keptBy(limits: { maxBytes?: number; maxAgeMs?: number }): Promise<string[]> {
    await using rig = await LogRig.open(folder(), { ...limits, now: () => now });
    await rig.publish(1);
    return readdirSync(rig.dir).filter((name) => name.startsWith('quarantine-'));
  }

  it('goes when it is too old, or has no room beside later ones; the last one stays for its time', async () => {
    putAside('a', 10, 50);
    putAside('b', 600, 20);
    putAside('c', 10, 15);
    putAside('d', 900, 10);
    assert.deepEqual(await keptBy({ maxBytes: 5_000, maxAgeMs: 30 * hour }), [
      'quarantine-b',
      'quarantine-c',
      'quarantine-d',
    ]);
    assert.deepEqual(await keptBy({ maxBytes: 1_000, maxAgeMs: 30 * hour }), ['quarantine-c', 'quarantine-d']);
    assert.deepEqual(await keptBy({ maxBytes: 500, maxAgeMs: 30 * hour }), ['quarantine-d']);
    assert.deepEqual(await keptBy({ maxBytes: 500, maxAgeMs: 5 * hour }), []);
  });
});
