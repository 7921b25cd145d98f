import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Terms } from '../../../src/records/terms.js';
import claimProcess from '../../rig/claimProcess.ts?bundle';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

interface Name {
  readonly name: string;
}

const parseName = (value: unknown): Name | undefined =>
  typeof value === 'object' && value !== null && 'name' in value ? { name: String(value.name) } : undefined;

describe('Terms', () => {
  const folder = useTemporaryFolder();
  /** As another process sees them. */
  const terms = (): Terms<Name> => new Terms(path.join(folder(), 'terms'), parseName);

  it('begin with none', async () => {
    assert.equal(await terms().highest(), undefined);
    assert.equal(terms().isHighest(1), false);
    assert.deepEqual(await terms().undecided(), []);
  });

  it('tell who claimed the highest one, and whether it was released', async () => {
    await terms().claim(1, { name: 'a' });
    await terms().claim(2, { name: 'b' });
    assert.deepEqual(await terms().highest(), { term: 2, holder: { name: 'b' }, released: false });
    await terms().release(2);
    await terms().release(2);
    assert.deepEqual(await terms().highest(), { term: 2, holder: { name: 'b' }, released: true });
  });

  it('count beyond nine', async () => {
    for (let term = 1; term <= 11; term += 1) assert.ok(await terms().claim(term, { name: String(term) }));
    assert.equal((await terms().highest())?.term, 11);
  });

  it('go to exactly one of many that claim at once', async () => {
    for (let term = 1; term <= 5; term += 1) {
      const won = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => terms().claim(term, { name })));
      assert.equal(won.filter(Boolean).length, 1);
    }
    assert.deepEqual(
      readdirSync(terms().dir).filter((name) => name.startsWith('.')),
      [],
    );
  });

  it('go to exactly one of several processes', async () => {
    const { dir } = terms();
    const count = 40;
    const names = ['a', 'b', 'c', 'd'];
    const processes = names.map((name) => SpokenProcess.start(claimProcess, folder(), [dir, name, String(count)]));
    try {
      await Promise.all(processes.map((process) => process.says('ready')));
      const won = await Promise.all(processes.map(async (process) => (await process.ask('go', 'won')) as number[]));
      assert.deepEqual(
        won.flat().sort((a, b) => a - b),
        Array.from({ length: count }, (_, index) => index + 1),
      );
      for (const [index, name] of names.entries()) {
        for (const term of won[index] ?? []) {
          assert.deepEqual(JSON.parse(readFileSync(path.join(dir, `${term}.json`), 'utf8')), { name });
        }
      }
    } finally {
      await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    }
  });

  it('have one highest: a lower one knows at once that it is not', async () => {
    await terms().claim(1, { name: 'a' });
    assert.ok(terms().isHighest(1));
    await terms().claim(2, { name: 'b' });
    assert.equal(terms().isHighest(1), false);
    assert.ok(terms().isHighest(2));
    assert.equal(terms().isHighest(3), false);
  });

  it('are the numbers of their files, whatever else lies there, and leave no others', async () => {
    for (const term of [1, 2, 3]) await terms().claim(term, { name: 'a' });
    const files = ['1.accepted.json', '1.json', '2.accepted.json', '2.json', '3.json'];
    assert.deepEqual(readdirSync(terms().dir).sort(), files);
    for (const name of ['x9.json', '9.json.bak', '09.json', '9.accepted.json'])
      writeFileSync(path.join(terms().dir, name), '{}');
    assert.equal((await terms().highest())?.term, 3);
  });

  it("are nobody's where they cannot be looked at, and that is no reason to begin anew", async () => {
    symlinkSync(terms().dir, terms().dir);
    assert.equal(terms().isHighest(1), false);
    await assert.rejects(terms().highest(), { code: 'ELOOP' });
    await assert.rejects(terms().acceptedBy(1), { code: 'ELOOP' });
  });

  it("are nobody's any more when their folder was wiped", async () => {
    await terms().claim(1, { name: 'a' });
    rmSync(terms().dir, { recursive: true });
    assert.equal(terms().isHighest(1), false);
  });

  it('are not guessed: a holder that cannot be understood is an error, a torn one nobody', async () => {
    mkdirSync(terms().dir, { recursive: true });
    writeFileSync(path.join(terms().dir, '1.json'), '{"nam');
    assert.deepEqual(await terms().highest(), { term: 1, holder: undefined, released: false });
    writeFileSync(path.join(terms().dir, '1.json'), '{"title":"a"}');
    await assert.rejects(terms().highest(), /does not say who holds/);
  });

  describe('decide how much of an older file counts:', () => {
    beforeEach(() => terms().claim(1, { name: 'a' }));

    it('all of it while its term is the highest', async () => {
      assert.equal(await terms().acceptedLength(1, 'f'), 'open');
    });

    it('nothing is known while the next owner has not accepted', async () => {
      await terms().claim(2, { name: 'b' });
      assert.equal(await terms().acceptedLength(1, 'f'), 'pending');
    });

    it('what the next owner accepted, for good', async () => {
      await terms().claim(2, { name: 'b' });
      assert.ok(await terms().accept(2, { f: 10, g: 0 }));
      await terms().claim(3, { name: 'c' });
      assert.ok(await terms().accept(3, { f: 20 }));
      assert.equal(await terms().acceptedLength(1, 'f'), 10);
      assert.equal(await terms().acceptedLength(1, 'g'), 0);
      assert.equal(await terms().accept(2, { f: 30 }), false);
      assert.equal(await terms().acceptedLength(1, 'f'), 10);
    });

    it('what a later owner accepted, when the next one did not name the file', async () => {
      await terms().claim(2, { name: 'b' });
      await terms().accept(2, { g: 1 });
      assert.equal(await terms().acceptedLength(1, 'f'), 'pending');
      await terms().claim(3, { name: 'c' });
      await terms().accept(3, { f: 20 });
      assert.equal(await terms().acceptedLength(1, 'f'), 20);
    });

    it('nothing of a file that its owner did not find among those that it accepts together', async () => {
      await terms().claim(2, { name: 'b' });
      await terms().accept(2, { 'x/1': 10 });
      assert.equal(await terms().acceptedLength(1, 'x/1', 'x/'), 10);
      assert.equal(await terms().acceptedLength(1, 'x/2', 'x/'), 0);
      assert.equal(await terms().acceptedLength(1, 'y/1', 'y/'), 'pending');
    });

    it('nothing of such a file beside files of others, and though an owner before accepted nothing', async () => {
      await terms().claim(2, { name: 'b' });
      await terms().claim(3, { name: 'c' });
      assert.ok(await terms().accept(3, { 'x/1': 10, 'z/1': 5 }));
      assert.equal(await terms().acceptedLength(1, 'x/2', 'x/'), 0);
    });

    it('what was learned once, even when the folder was wiped since', async () => {
      await terms().claim(2, { name: 'b' });
      await terms().accept(2, { f: 10 });
      const reader = terms();
      assert.equal(await reader.acceptedLength(1, 'f'), 10);
      rmSync(reader.dir, { recursive: true });
      assert.equal(await reader.acceptedLength(1, 'f'), 10);
    });

    it('nothing that is no number of bytes', async () => {
      await terms().claim(2, { name: 'b' });
      for (const [content, lengths] of [
        ['', undefined],
        ['12', undefined],
        ['{"f":10,"g":"10","h":1.5,"i":null}', { f: 10 }],
      ] as const) {
        writeFileSync(path.join(terms().dir, '2.accepted.json'), content);
        assert.deepEqual(await terms().acceptedBy(2), lengths);
      }
    });

    it('never what an owner says who was outlawed before it accepted', async () => {
      await terms().claim(2, { name: 'b' });
      await terms().claim(3, { name: 'c' });
      // 2 wakes up between 3's claim and 3's decision, having read less than 3 will.
      assert.equal(await terms().accept(2, { f: 10 }), false);
      assert.equal(await terms().acceptedLength(1, 'f'), 'pending');
      assert.ok(await terms().accept(3, { f: 20 }));
      assert.equal(await terms().accept(2, { f: 10 }), false);
      assert.equal(await terms().acceptedLength(1, 'f'), 20);
    });

    it('closes the gap that an owner left who died while it closed others', async () => {
      for (const term of [2, 3, 4]) await terms().claim(term, { name: 'x' });
      // 4 got only as far as closing 1 and 2.
      rmSync(path.join(terms().dir, '3.accepted.json'));
      await terms().claim(5, { name: 'y' });
      for (const older of [1, 2, 3, 4]) assert.equal(await terms().accept(older, { f: 1 }), false);
      assert.ok(await terms().accept(5, { f: 2 }));
    });

    it('and they know whose files are undecided', async () => {
      assert.deepEqual(await terms().undecided(), [1]);
      await terms().claim(2, { name: 'b' });
      await terms().claim(3, { name: 'c' });
      assert.deepEqual(await terms().undecided(), [1, 2, 3]);
      await terms().accept(3, {});
      assert.deepEqual(await terms().undecided(), [3]);
      await terms().claim(4, { name: 'd' });
      assert.deepEqual(await terms().undecided(), [3, 4]);
    });
  });

  it('never change what was learned of a file, and let each owner decide once, in whatever order owners come and decide', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('claim' as const), claimers: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant('accept' as const), term: fc.integer({ min: 1, max: 6 }), length: fc.nat(99) }),
    );
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const dir = path.join(folder(), `${++count}`);
        const seen = new Terms(dir, parseName);
        const learned = new Map<number, number>();
        const decided = new Set<number>();
        let highest = 0;
        for (const step of steps) {
          if (step.do === 'claim') {
            const claimers = Array.from({ length: step.claimers }, () => new Terms(dir, parseName));
            const won = await Promise.all(claimers.map((claimer) => claimer.claim(highest + 1, { name: 'a' })));
            assert.equal(won.filter(Boolean).length, 1);
            // Whoever has not decided by now never will.
            for (let term = 1; term <= highest; term += 1) decided.add(term);
            highest += 1;
          } else if (step.term <= highest) {
            const older = Array.from({ length: step.term - 1 }, (_, index) => [`${index + 1}.jsonl`, step.length]);
            const accepted = await new Terms(dir, parseName).accept(
              step.term,
              Object.fromEntries(older) as Record<string, number>,
            );
            assert.equal(accepted, !decided.has(step.term), `term ${step.term} of ${highest}`);
            decided.add(step.term);
          }
          for (let term = 1; term <= highest; term += 1) {
            const length = await seen.acceptedLength(term, `${term}.jsonl`);
            assert.equal(length === 'open', term === highest);
            const before = learned.get(term);
            if (before !== undefined) assert.equal(length, before, `term ${term}`);
            if (typeof length === 'number') learned.set(term, length);
          }
        }
      }),
      { numRuns: 15 },
    );
  });
});
