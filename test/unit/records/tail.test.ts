import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { encodeRecord } from '../../../src/records/record.js';
import { Tail } from '../../../src/records/tail.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A tail', () => {
  const folder = useTemporaryFolder();
  const file = (): string => path.join(folder(), 'records.jsonl');

  function follow(limit?: () => Promise<number>): { tail: Tail; seen: unknown[]; faults: string[] } {
    const seen: unknown[] = [];
    const faults: string[] = [];
    const tail = new Tail(file(), {
      from: 0,
      onRecords: (records) => {
        seen.push(...records.map(({ value }) => value['n']));
      },
      onCorrupt: (fault) => faults.push(fault),
      ...(limit && { limit }),
    });
    return { tail, seen, faults };
  }

  it('hands over every record once and in order, in whatever pieces the bytes arrive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 30 }), async (pieces) => {
        writeFileSync(file(), '');
        const content = Buffer.concat(Array.from({ length: 20 }, (_, n) => encodeRecord({ n, text: 'ä' })));
        const { tail, seen, faults } = follow();
        let at = 0;
        for (const piece of [...pieces, content.length]) {
          appendFileSync(file(), content.subarray(at, (at += piece)));
          await tail.catchUp();
        }
        assert.deepEqual(
          seen,
          Array.from({ length: 20 }, (_, n) => n),
        );
        assert.deepEqual(faults, []);
        assert.equal(tail.position, content.length);
      }),
      { numRuns: 20 },
    );
  });

  it('begins where it is told', async () => {
    const first = encodeRecord({ n: 1 });
    writeFileSync(file(), Buffer.concat([first, encodeRecord({ n: 2 })]));
    const seen: unknown[] = [];
    const tail = new Tail(file(), {
      from: first.length,
      onRecords: (records) => {
        seen.push(...records.map(({ value }) => value['n']));
      },
      onCorrupt: (fault) => {
        assert.fail(fault);
      },
    });
    assert.equal(tail.position, first.length);
    await tail.catchUp();
    assert.deepEqual(seen, [2]);
  });

  it('waits for a file that does not exist yet', async () => {
    const { tail, seen } = follow();
    await tail.catchUp();
    writeFileSync(file(), encodeRecord({ n: 1 }));
    await tail.catchUp();
    assert.deepEqual(seen, [1]);
  });

  it('passes on more than one batch', async () => {
    writeFileSync(file(), Buffer.concat(Array.from({ length: 2500 }, (_, n) => encodeRecord({ n }))));
    const { tail, seen } = follow();
    await tail.catchUp();
    assert.equal(seen.length, 2500);
  });

  it('hands over nothing beyond a limit that appears while it reads', async () => {
    const first = encodeRecord({ n: 1 });
    writeFileSync(file(), Buffer.concat([first, encodeRecord({ n: 2 })]));
    let asked = 0;
    const { tail, seen, faults } = follow(() => Promise.resolve((asked += 1) === 1 ? Infinity : first.length));
    await tail.catchUp();
    assert.deepEqual(seen, [1]);
    assert.deepEqual(faults, []);
  });

  it('says nothing of damage beyond such a limit', async () => {
    const first = encodeRecord({ n: 1 });
    writeFileSync(file(), Buffer.concat([first, Buffer.from('ghost\n')]));
    let asked = 0;
    const { tail, seen, faults } = follow(() => Promise.resolve((asked += 1) === 1 ? Infinity : first.length));
    await tail.catchUp();
    assert.deepEqual([seen, faults], [[1], []]);
  });

  it('counts a whole last record without its newline only when the limit says that it ends there', async () => {
    const record = encodeRecord({ n: 1 }).subarray(0, -1);
    writeFileSync(file(), record);
    let limit = Infinity;
    const { tail, seen, faults } = follow(() => Promise.resolve(limit));
    await tail.catchUp();
    assert.deepEqual(seen, []);
    limit = record.length;
    await tail.catchUp();
    await tail.catchUp();
    assert.deepEqual([seen, faults], [[1], []]);
  });

  it('offers a batch again when it was refused', async () => {
    writeFileSync(file(), encodeRecord({ n: 1 }));
    let refuse = true;
    const seen: unknown[] = [];
    const tail = new Tail(file(), {
      from: 0,
      onRecords: (records) => {
        if (refuse) throw new Error('not now');
        seen.push(records[0]?.value['n']);
      },
      onCorrupt: (fault) => {
        assert.fail(fault);
      },
    });
    await assert.rejects(tail.catchUp(), /not now/);
    refuse = false;
    await tail.catchUp();
    assert.deepEqual(seen, [1]);
  });

  it('calls one at a time', async () => {
    writeFileSync(file(), Buffer.concat([{ n: 1 }, { n: 2 }].map(encodeRecord)));
    let running = 0;
    let calls = 0;
    const tail = new Tail(file(), {
      from: 0,
      onRecords: async () => {
        calls += 1;
        assert.equal((running += 1), 1);
        await new Promise(setImmediate);
        running -= 1;
      },
      onCorrupt: (fault) => {
        assert.fail(fault);
      },
    });
    await Promise.all([tail.catchUp(), tail.catchUp(), tail.catchUp()]);
    assert.equal(calls, 1);
  });

  it('stops at a damaged record, and at a file that became shorter than its limit', async () => {
    writeFileSync(file(), Buffer.concat([encodeRecord({ n: 1 }), Buffer.from('{}\n'), encodeRecord({ n: 2 })]));
    const damaged = follow();
    await damaged.tail.catchUp();
    await damaged.tail.catchUp();
    assert.deepEqual([damaged.seen, damaged.faults], [[1], ['no-crc']]);

    writeFileSync(file(), encodeRecord({ n: 1 }));
    const short = follow(() => Promise.resolve(1000));
    await short.tail.catchUp();
    assert.deepEqual([short.seen, short.faults], [[1], ['shorter than it was']]);
  });
});
