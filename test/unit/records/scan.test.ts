import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { encodeRecord } from '../../../src/records/record.js';
import { scan, scanAll, scanBatches } from '../../../src/records/scan.js';
import { openFiles } from '../../rig/openFiles.js';
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
        const from = Math.min(to, cut.records[0]?.end ?? 0);
        const later = await scanAll(write(content), { from, to });
        assert.deepEqual(later, { records: cut.records.filter(({ offset }) => offset >= from), end: cut.end });
      }),
      { numRuns: 50 },
    );
  });

  it('is not misled by where its chunks end', async () => {
    const overhead = encodeRecord({ n: 1, text: '' }).length;
    for (let beyond = -2; beyond <= 2; beyond += 1) {
      const objects = [{ n: 1, text: 'x'.repeat(64 * 1024 - overhead + beyond) }, { n: 2 }];
      const { records, end } = await scanAll(write(Buffer.concat(objects.map(encodeRecord))));
      assert.deepEqual(
        records.map(({ value }) => value),
        objects,
      );
      assert.equal(end?.kind, 'clean');
    }
  });

  it('gives batches of what ends in a chunk, and no empty ones', async () => {
    const large = encodeRecord({ n: 1, text: 'x'.repeat(200_000) });
    const small = [2, 3].map((n) => encodeRecord({ n }));
    const sizesOf = async (content: Buffer): Promise<number[]> => {
      const sizes: number[] = [];
      for await (const batch of scanBatches(write(content))) sizes.push(batch.length);
      return sizes;
    };
    assert.deepEqual(await sizesOf(Buffer.concat([large, ...small])), [3]);
    assert.deepEqual(await sizesOf(Buffer.from('{}\n')), []);
    assert.deepEqual(await sizesOf(Buffer.concat([...small, Buffer.from('{}\n')])), [2]);
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
    const file = write(encodeRecord({ n: 1 }));
    await assert.rejects(scanAll(path.join(file, 'none')), { code: 'ENOTDIR' });
  });

  it('can be left in the middle', async () => {
    const file = write(Buffer.concat([{ n: 1 }, { n: 2 }].map(encodeRecord)));
    for await (const record of scan(file)) {
      assert.deepEqual(record.value, { n: 1 });
      break;
    }
    const { records, end } = await scanAll(file, {}, 1);
    assert.deepEqual([records.length, end], [1, undefined]);
    assert.deepEqual(openFiles(folder()), []);
  });
});
