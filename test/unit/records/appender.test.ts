import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { Appender } from '../../../src/records/appender.js';
import { encodeRecord } from '../../../src/records/record.js';
import { scanAll } from '../../../src/records/scan.js';
import { onFullDisk } from '../../rig/fullDisk.js';
import { openFiles } from '../../rig/openFiles.js';
import ioErrorProcess from '../../rig/ioErrorProcess.ts?bundle';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { syncedFiles } from '../../rig/syncedFiles.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

const turn = (): Promise<void> => new Promise(setImmediate);

describe('An appender', () => {
  const folder = useTemporaryFolder();
  const numbers = async (file: string): Promise<unknown[]> =>
    (await scanAll(file)).records.map(({ value }) => value['n']);

  it('stores what was appended in the order of the calls, however they fall together', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean())), async (calls) => {
        const file = path.join(folder(), `${++count}.jsonl`);
        const answers: Promise<unknown>[] = [];
        let n = 0;
        {
          await using appender = await Appender.create(file, () => true);
          for (const [records, yields] of calls) {
            answers.push(appender.append(Array.from({ length: records }, () => encodeRecord({ n: n++ }))));
            if (yields) await turn();
          }
          for (const answer of await Promise.all(answers)) assert.deepEqual(answer, { ok: true, value: undefined });
          assert.equal(appender.length, statSync(file).size);
        }
        assert.deepEqual(
          await numbers(file),
          Array.from({ length: n }, (_, index) => index),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('has stored a record when it says so', async () => {
    const file = path.join(folder(), 'a.jsonl');
    await using appender = await Appender.create(file, () => true);
    for (let n = 0; n < 3; n += 1) {
      await appender.append([encodeRecord({ n })]);
      assert.equal((await numbers(file)).length, n + 1);
    }
  });

  it('writes and syncs once for all that is appended in one turn', async () => {
    let syncs = 0;
    await using appender = await Appender.create(path.join(folder(), 'a.jsonl'), () => {
      syncs += 1;
      return true;
    });
    await Promise.all(Array.from({ length: 100 }, (_, n) => appender.append([encodeRecord({ n })])));
    assert.equal(syncs, 1);
  });

  it('is the only writer of its file, which nobody else may read', async () => {
    const file = path.join(folder(), 'a.jsonl');
    await using first = await Appender.create(file, () => true);
    await assert.rejects(
      Appender.create(file, () => true),
      { code: 'EEXIST' },
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(first.length, 0);
  });

  it('acknowledges nothing from the moment at which it is no longer the owner', async () => {
    let owner = true;
    await using appender = await Appender.create(path.join(folder(), 'a.jsonl'), () => owner);
    assert.ok((await appender.append([encodeRecord({ n: 1 })])).ok);
    const acknowledged = appender.length;
    owner = false;
    const late = await appender.append([encodeRecord({ n: 2 })]);
    assert.deepEqual(late, { ok: false, error: { kind: 'fenced', message: 'A higher term exists' } });
    owner = true; // a ghost stays one
    const later = await appender.append([encodeRecord({ n: 3 })]);
    assert.equal(later.ok ? undefined : later.error.kind, 'fenced');
    assert.equal(appender.length, acknowledged);
  });

  it('asks whether it is the owner after the record is on disk, not before', async () => {
    const file = path.join(folder(), 'a.jsonl');
    let size = 0;
    await using appender = await Appender.create(file, () => {
      size = statSync(file).size;
      return true;
    });
    const record = encodeRecord({ n: 1 });
    await appender.append([record]);
    assert.equal(size, record.length);
  });

  it('acknowledges nothing more after an input or output error', async function () {
    if (process.platform !== 'linux') this.skip();
    const file = path.join(folder(), 'a.jsonl');
    await using child = SpokenProcess.start(ioErrorProcess, folder(), [file]);
    const { answers, length } = await child.says('answers');
    assert.deepEqual(answers, ['ok', 'io', 'io', 'io']);
    assert.equal(length, encodeRecord({ n: 1 }).length);
  });

  it('is created with its name on disk', async function () {
    if (process.platform !== 'linux') this.skip();
    const synced = await syncedFiles(async () => {
      await using appender = await Appender.create(path.join(folder(), 'a.jsonl'), () => true);
      assert.equal(appender.length, 0);
    });
    assert.deepEqual(synced, [folder()]);
  });

  it('answers "closed" after its end, and finishes what came before', async () => {
    const file = path.join(folder(), 'a.jsonl');
    const appender = await Appender.create(file, () => true);
    const before = appender.append([encodeRecord({ n: 1 })]);
    await appender[Symbol.asyncDispose]();
    assert.ok((await before).ok);
    const after = await appender.append([encodeRecord({ n: 2 })]);
    assert.deepEqual(after, { ok: false, error: { kind: 'closed', message: 'The file is closed' } });
    await appender[Symbol.asyncDispose]();
    assert.deepEqual(openFiles(folder()), []);
    assert.deepEqual(await numbers(file), [1]);
  });

  it('refuses what is not exactly one line', async () => {
    await using appender = await Appender.create(path.join(folder(), 'a.jsonl'), () => true);
    for (const wrong of ['', 'a', 'a\nb', 'a\nb\n', 'a\n\n']) {
      assert.throws(() => void appender.append([Buffer.from(wrong)]), /Internal error/);
    }
  });

  it('leaves nothing torn on a full disk, acknowledges what fitted, and goes on when there is room', function () {
    const [first] = onFullDisk(folder()) ?? [];
    if (first === undefined) this.skip();
    const said = first as {
      answers: string[];
      full: { length: number; size: number; content: string };
      after: boolean;
      content: string;
    };
    const fitted = said.answers.filter((answer) => answer === 'ok').length;
    assert.ok(fitted > 5 && fitted < 30, `${fitted} fitted`);
    assert.deepEqual(
      said.answers,
      Array.from({ length: 30 }, (_, index) => (index < fitted ? 'ok' : 'full')),
    );
    assert.equal(said.full.size, said.full.length);
    assert.equal(said.full.content.split('\n').length - 1, fitted);
    assert.ok(said.full.content.endsWith('}\n'));
    assert.ok(said.after);
    const expected = [...Array.from({ length: fitted }, (_, index) => index), -1];
    const stored = said.content
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(stored, expected);
  });
});
