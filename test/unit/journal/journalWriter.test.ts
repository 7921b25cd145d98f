import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { parseEnvelope, type Envelope } from '../../../src/events/envelope.js';
import { scanAll } from '../../../src/records/scan.js';
import { JournalWriter } from '../../../src/journal/journalWriter.js';
import { LiveReader } from '../../../src/journal/liveFile.js';
import { RunPaths } from '../../../src/session/paths.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { onFullDisk } from '../../rig/fullDisk.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A journal writer', () => {
  const folder = useTemporaryFolder();
  const paths = (): RunPaths => new RunPaths(folder());
  let clock = new FakeClock();
  let owner = true;
  beforeEach(() => {
    clock = new FakeClock();
    owner = true;
  });
  const identity = { runId: 'run_1', prdId: 'prd-1', project: 'p-1', term: 3, lastSeq: 7 };
  const create = (): Promise<JournalWriter> => JournalWriter.create(paths(), identity, () => owner, clock);
  const stored = async (): Promise<unknown[]> => (await scanAll(paths().journal(3))).records.map(({ value }) => value);
  const told = async (): Promise<unknown[]> =>
    (await LiveReader.fromStart(paths().live(3)).read()).map((event) => event.data['message']);
  const tell = (writer: JournalWriter, task: string, message: string): void => {
    writer.tell('command.progress', { story_key: 'US-1', command: 'c', task_id: task, message });
  };

  it('answers with the event that it stored: whole, checked, and in its place', async () => {
    await using writer = await create();
    const first = await writer.append('gate.started', { story_id: 'US-1', gate: 'test' }, { storyId: 'US-1' });
    const second = await writer.append('log.message', { level: 'warn', message: 'm' }, { severity: 'warn' });
    assert.ok(first.ok && second.ok);
    assert.deepEqual(await stored(), [first.value, second.value]);
    const { id, ...rest } = first.value;
    assert.deepEqual(rest, {
      type: 'gate.started',
      project: 'p-1',
      prd_id: 'prd-1',
      run_id: 'run_1',
      story_id: 'US-1',
      timestamp: new Date(clock.now()).toISOString(),
      source: 'run_1',
      term: 3,
      source_seq: 8,
      data: { story_id: 'US-1', gate: 'test' },
    });
    assert.deepEqual([second.value.source_seq, second.value.severity], [9, 'warn']);
    assert.notEqual(second.value.id, id);
    assert.ok(parseEnvelope(first.value).ok);
  });

  it('numbers without gaps what is appended at once, and tells of it in order, when it is on disk', async () => {
    await using writer = await create();
    const seen: number[] = [];
    writer.onEvent.add((event) => {
      assert.ok(readFileSync(paths().journal(3), 'utf8').includes(event.id));
      seen.push(event.source_seq);
    });
    const append = (): Promise<unknown> => writer.append('log.message', { level: 'info', message: '' });
    await Promise.all([append(), append(), append().then(append), append()]);
    assert.deepEqual(seen, [8, 9, 10, 11, 12]);
    assert.equal((await stored()).length, 5);
  });

  it('tells of nothing that was written by a ghost', async () => {
    await using writer = await create();
    const seen: Envelope[] = [];
    writer.onEvent.add((event) => seen.push(event));
    owner = false;
    const result = await writer.append('log.message', { level: 'info', message: '' });
    assert.equal(result.ok ? undefined : result.error.kind, 'fenced');
    assert.deepEqual(seen, []);
  });

  it('leaves no gap where an event found no room on the disk', function () {
    const said = onFullDisk(folder());
    if (!said) this.skip();
    const { seqs } = said[1] as { seqs: (number | string)[] };
    assert.ok(seqs.includes('full'));
    assert.equal(typeof seqs.at(-1), 'number');
    const numbers = seqs.filter((seq) => typeof seq === 'number');
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
    );
  });

  it('refuses, as the bug that it is, what the catalogue does not allow', async () => {
    await using writer = await create();
    assert.throws(
      () => void writer.append('log.message', { level: 'info' } as never),
      /Internal error: log.message: data.message/,
    );
    assert.throws(() => void writer.append('command.progress', {} as never), /is not durable/);
    assert.throws(() => {
      writer.tell('log.message', { level: 'info', message: '' });
    }, /is durable/);
    assert.throws(() => {
      writer.tell('command.progress', { story_key: 'US-1' } as never);
    }, /Internal error/);
    assert.deepEqual(await stored(), []);
  });

  it('goes on when a listener fails', async () => {
    await using writer = await create();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      writer.onEvent.add(() => {
        throw new Error('a view failed');
      });
      assert.ok((await writer.append('log.message', { level: 'info', message: '' })).ok);
      await new Promise(setImmediate);
      assert.deepEqual(
        warnings.map(({ message }) => message),
        ['a view failed'],
      );
    } finally {
      process.off('warning', onWarning);
    }
  });

  it('writes transient events beside the journal, at once, then the newest of a task every 250 ms, and tells of those', async () => {
    const seen: unknown[] = [];
    {
      await using writer = await create();
      writer.onEvent.add((event) => seen.push(event.data['message']));
      assert.ok(!existsSync(paths().live(3)));
      for (const message of ['a1', 'a2', 'a3']) tell(writer, 'a', message);
      tell(writer, 'b', 'b1');
      assert.deepEqual(seen, ['a1', 'b1']);
      assert.deepEqual(await told(), ['a1', 'b1']);
      clock.advance(249);
      assert.deepEqual(await told(), ['a1', 'b1']);
      clock.advance(1);
      assert.deepEqual(await told(), ['a1', 'b1', 'a3']);
      tell(writer, 'b', 'b2');
      assert.deepEqual(await told(), ['a1', 'b1', 'a3', 'b2']);
      tell(writer, 'b', 'b3');
    }
    assert.deepEqual(await told(), ['a1', 'b1', 'a3', 'b2', 'b3']);
    assert.equal(clock.pending, 0);
    assert.deepEqual(await stored(), []);
  });

  it('keeps the file of transient events small, and a reader goes on when it starts over', async () => {
    await using writer = await create();
    const reader = LiveReader.fromStart(paths().live(3));
    const read: unknown[] = [];
    for (let n = 0; n < 100; n += 1) {
      tell(writer, 'a', `${n} ${'x'.repeat(10_000)}`);
      clock.advance(250);
      assert.ok(statSync(paths().live(3)).size <= 256 * 1024);
      read.push(...(await reader.read()).map((event) => Number.parseInt(String(event.data['message']))));
    }
    assert.deepEqual(
      read,
      Array.from({ length: 100 }, (_, n) => n),
    );
  });

  it('is the only one of its term', async () => {
    await using writer = await create();
    await assert.rejects(create(), { code: 'EEXIST' });
    assert.ok((await writer.append('log.message', { level: 'info', message: '' })).ok);
  });
});
