import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { encodeRecord } from '../../../src/records/record.js';
import { scan, scanAll } from '../../../src/records/scan.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A scan', () => {
  const folder = useTemporaryFolder();
  const write = (content: Buffer): string => {
    const file = path.join(folder(), 'records.jsonl');
    writeFileSync(file, content);
    return file;
  };
  const value = fc.record(
    { n: fc.nat(), text: fc.string({ unit: 'binary', maxLength: 20 }) },
    { noNullPrototype: true },
  );
  const values = fc.array(value, {
    minLength: 1,
    maxLength: 5,
  });

  it('gives exactly the whole records before any byte at which the file was cut', async () => {
    await fc.assert(
      fc.asyncProperty(values, async (objects) => {
        const records = objects.map(encodeRecord);
        const content = Buffer.concat(records);
        for (let cut = 0; cut <= content.length; cut += 1) {
          const ends = records.map((_, index) => Buffer.concat(records.slice(0, index + 1)).length);
          // A record is whole without its newline too.
          const whole = ends.filter((end) => end - 1 <= cut).length;
          const result = await scanAll(write(content.subarray(0, cut)));
          assert.deepEqual(
            result.records.map(({ value }) => value),
            objects.slice(0, whole),
          );
          const end = Math.min(ends[whole - 1] ?? 0, cut);
          assert.deepEqual(result.end, { kind: end === cut ? 'clean' : 'torn', end });
        }
      }),
      { numRuns: 3 },
    );
  });

  it('reads no byte beyond its range', async () => {
    await fc.assert(
      fc.asyncProperty(values, fc.nat(), async (objects, at) => {
        const content = Buffer.concat(objects.map(encodeRecord));
        const to = at % (content.length + 1);
        const cut = await scanAll(write(content.subarray(0, to)));
        assert.deepEqual(await scanAll(write(content), { to }), cut);
      }),
      { numRuns: 50 },
    );
  });

  it('goes on from the end of any record', async () => {
    const file = write(Buffer.concat([{ n: 1 }, { n: 2 }, { n: 3 }].map(encodeRecord)));
    const { records } = await scanAll(file);
    const from = records[0]?.end ?? 0;
    assert.deepEqual((await scanAll(file, { from })).records, records.slice(1));
    assert.deepEqual(
      records.map(({ offset }) => offset),
      [0, ...records.slice(0, -1).map(({ end }) => end)],
    );
  });

  it('reads records that are larger than its chunks, and cut in the middle of a character', async () => {
    const objects = [1, 2, 3].map((n) => ({ n, text: 'ä€🎉'.repeat(30_000) }));
    const content = Buffer.concat(objects.map(encodeRecord));
    assert.deepEqual(
      (await scanAll(write(content))).records.map(({ value }) => value),
      objects,
    );
    assert.equal((await scanAll(write(content.subarray(0, -100)))).records.length, 2);
  });

  it('stops before a bad record that has its newline, wherever it stands', async () => {
    const good = encodeRecord({ n: 1 });
    for (const bad of ['{"n":2}\n', '\n', '{"n":2,"crc":"00000000"}\n', '\0\0\0\n']) {
      for (const after of [Buffer.alloc(0), good]) {
        const { records, end } = await scanAll(write(Buffer.concat([good, Buffer.from(bad), after])));
        assert.equal(records.length, 1);
        assert.equal(end?.kind, 'corrupt');
        assert.equal(end.end, good.length);
      }
    }
  });

  it('takes a missing file for an empty one', async () => {
    assert.deepEqual(await scanAll(path.join(folder(), 'none')), { records: [], end: { kind: 'clean', end: 0 } });
  });

  it('can be left in the middle', async () => {
    const file = write(Buffer.concat([{ n: 1 }, { n: 2 }].map(encodeRecord)));
    for await (const record of scan(file)) {
      assert.deepEqual(record.value, { n: 1 });
      break;
    }
    assert.deepEqual((await scanAll(file, {}, 1)).end, undefined);
  });
});
