import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeRecord } from '../../../src/records/record.js';
import { resumePoint } from '../../../src/hub/replay.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig } from './logRig.js';

const hour = 3_600_000;
const segments = (rig: LogRig): string[] => readdirSync(rig.dir).filter((name) => name.endsWith('.jsonl'));
const mine = [{ id: 'mine', type: 'log.message', data: { level: 'info', message: 'x' } }];

describe('What the log keeps', () => {
  const folder = useTemporaryFolder();

  it('is bounded in bytes: whole segments go, the oldest first, and a cursor before them expires', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 1_000, maxBytes: 8_000 });
    const { log, feed } = rig;
    const first = await rig.ingest.publish('ci', mine);
    for (let index = 0; index < 60; index += 1) await rig.publish(1);
    await log.retained();
    const bytes = segments(rig).reduce((sum, name) => sum + readFileSync(path.join(rig.dir, name)).length, 0);
    assert.ok(bytes <= 8_000, `${bytes} bytes`);
    const oldest = await log.firstSeq();
    assert.ok(oldest > 20 && oldest <= 61);
    assert.equal(await resumePoint(log, feed, log.cursor(oldest - 2)), 'expired');
    assert.equal(await resumePoint(log, feed, log.cursor(oldest - 1)), oldest);
    assert.equal((await rig.stored(oldest)).length, 61 - oldest + 1);
    // The event is gone, its id is not: neither now nor after a restart.
    assert.deepEqual(await rig.ingest.publish('ci', mine), first);
    await rig[Symbol.asyncDispose]();
    await using next = await LogRig.open(folder(), { maxSegmentBytes: 1_000, maxBytes: 8_000 });
    assert.deepEqual(await next.ingest.publish('ci', mine), first);
    assert.equal(next.log.lastSeq, 61);
  });

  it('is bounded in time, and the segment that is written is not older than a tenth of it', async () => {
    let now = Date.now();
    await using rig = await LogRig.open(folder(), { maxAgeMs: 20 * hour, now: () => now });
    await rig.publish(2);
    now += 3 * hour;
    await rig.publish(1);
    assert.deepEqual(segments(rig), ['1-1.jsonl', '1-2.jsonl']);
    now += 18 * hour;
    await rig.publish(1);
    await rig.log.retained();
    assert.equal(await rig.log.firstSeq(), 3);
    assert.deepEqual(segments(rig), ['1-2.jsonl', '1-3.jsonl']);
    await rig[Symbol.asyncDispose]();
    // A later owner judges by the files.
    for (const [name, age] of [
      ['1-2.jsonl', 30],
      ['1-3.jsonl', 1],
    ] as const) {
      const written = new Date(now - age * hour);
      utimesSync(path.join(rig.dir, name), written, written);
    }
    await using next = await LogRig.open(folder(), { maxAgeMs: 20 * hour, now: () => now });
    await next.log.retained();
    assert.equal(await next.log.firstSeq(), 4);
  });

  it('is not taken away from who reads it just now; what was not begun yet is refused, by name', async function () {
    if (process.platform === 'win32') this.skip();
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 3_000, maxBytes: 9_000 });
    await rig.publish(8);
    await rig.publish(8);
    const reading = rig.log.read(1, 16);
    const first = await reading.next();
    assert.deepEqual(
      first.value?.map(({ seq }) => seq),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    const begun = rig.log.read(1, 8);
    const open = begun.next();
    await open;
    for (let index = 0; index < 6; index += 1) await rig.publish(8);
    await rig.log.retained();
    assert.ok(!existsSync(path.join(rig.dir, '1-2.jsonl')));
    assert.equal((await begun.next()).done, true);
    await assert.rejects(reading.next(), /kept no longer/);
  });

  it('is read through an index that a later segment holds, and without it when that is wrong', async () => {
    {
      await using rig = await LogRig.open(folder(), { maxSegmentBytes: 3_000 });
      for (let index = 0; index < 4; index += 1) await rig.publish(9);
    }
    for (const spoil of [false, true]) {
      const file = path.join(folder(), 'log', '1-2.jsonl');
      const [header = '', ...rest] = readFileSync(file, 'utf8').split('\n');
      const { crc, ...said } = JSON.parse(header) as { crc: string; before: { blocks: number[][]; end: number[] } };
      assert.equal(crc.length, 8);
      assert.equal(said.before.blocks[0]?.[0], 1);
      const blocks = said.before.blocks.map(([seq, offset = 0, sum]) => [seq, offset + 1, sum]);
      const wrong = encodeRecord({ ...said, before: { ...said.before, blocks } }).toString();
      if (spoil) writeFileSync(file, `${wrong}${rest.join('\n')}`);
      await using rig = await LogRig.open(folder());
      assert.deepEqual(
        (await rig.stored()).map(({ seq }) => seq),
        Array.from({ length: 36 }, (_, index) => index + 1),
      );
    }
  });
});
