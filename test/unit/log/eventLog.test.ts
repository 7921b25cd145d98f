import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { parseStoredEvent } from '../../../src/events/envelope.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { encodeRecord } from '../../../src/records/record.js';
import { snapshotHub } from '../../../src/state/snapshot.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig, runEvent } from './logRig.js';

const segments = (rig: LogRig): string[] => readdirSync(rig.dir).filter((name) => name.endsWith('.jsonl'));

/** Makes writing to an open file fail, as a disk does: its descriptor is open for reading only from now on. */
function breakDescriptorOf(file: string): void {
  const descriptor = readdirSync('/proc/self/fd')
    .map(Number)
    .find((one) => {
      try {
        return readlinkSync(`/proc/self/fd/${one}`) === file;
      } catch {
        return false;
      }
    });
  assert.ok(descriptor);
  closeSync(descriptor);
  const others: number[] = [];
  for (let opened = openSync('/dev/null', 'r'); opened !== descriptor; opened = openSync('/dev/null', 'r')) {
    others.push(opened);
  }
  for (const other of others) closeSync(other);
}

describe("The hub's log", () => {
  const folder = useTemporaryFolder();

  it('numbers without gaps and stores exactly the bytes that clients get', async () => {
    await using rig = await LogRig.open(folder());
    const cursors = await rig.publish(3);
    assert.deepEqual(
      cursors,
      [1, 2, 3].map((seq) => `${rig.log.logId}:${seq}`),
    );
    const entries = await rig.stored();
    assert.deepEqual(
      entries.map((entry) => entry.json.toString()),
      rig.feed.last(3).map((entry) => entry.json.toString()),
    );
    for (const [index, { json }] of entries.entries()) {
      const event = parseStoredEvent(JSON.parse(json.toString()));
      assert.ok(event.ok);
      assert.equal(event.value.cursor, cursors[index]);
    }
  });

  it('keeps id, places, state and duplicates over restarts and rotations, reading the last segment only', async () => {
    const story = { type: 'story.started', data: { story_id: 'US-1' } };
    let before: unknown;
    let logId = '';
    {
      await using rig = await LogRig.open(folder(), { maxSegmentBytes: 2_000 });
      for (let seq = 1; seq <= 40; seq += 1) await rig.ingest.journal([runEvent('run_a', seq, seq === 1 ? story : {})]);
      await rig.ingest.publish('ci', [{ id: 'mine', type: 'log.message', data: { level: 'info', message: 'x' } }]);
      await rig.publish(1);
      assert.ok(segments(rig).length > 3);
      before = snapshotHub(rig.log.memory.state);
      logId = rig.log.logId;
      // What the older segments hold is not needed to go on.
      const events = readFileSync(path.join(rig.dir, '1-1.jsonl'), 'utf8').split('\n');
      writeFileSync(path.join(rig.dir, '1-1.jsonl'), `${events[0] ?? ''}\n`);
    }
    await using rig = await LogRig.open(folder());
    assert.equal(rig.log.logId, logId);
    assert.equal(rig.log.lastSeq, 42);
    assert.equal(rig.log.memory.mark('run_a'), 40);
    assert.deepEqual(snapshotHub(rig.log.memory.state), before);
    await rig.ingest.journal([runEvent('run_a', 40), runEvent('run_a', 41)]);
    const again = await rig.ingest.publish('ci', [
      { id: 'mine', type: 'log.message', data: { level: 'info', message: 'x' } },
    ]);
    assert.deepEqual(again, { ok: true, value: [`${logId}:41`] });
    assert.deepEqual(await rig.publish(1), [`${logId}:44`]);
  });

  it('reads any stretch across segments and terms, in order and whole', async () => {
    for (let term = 0; term < 3; term += 1) {
      await using rig = await LogRig.open(folder(), { maxSegmentBytes: 1_500 });
      for (let batch = 1; batch <= 6; batch += 1) await rig.publish(batch);
    }
    await using rig = await LogRig.open(folder());
    const last = rig.log.lastSeq;
    assert.equal(last, 63);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: last }), fc.integer({ min: 0, max: last }), async (from, length) => {
        const to = Math.min(last, from + length);
        const read: number[] = [];
        for await (const batch of rig.log.read(from, to)) read.push(...batch.map((entry) => entry.seq));
        assert.deepEqual(
          read,
          Array.from({ length: to - from + 1 }, (_, index) => from + index),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('goes on after a torn tail, whatever byte it ends at, and loses nothing that was acknowledged', async () => {
    const acknowledged: number[] = [];
    let file = '';
    {
      await using rig = await LogRig.open(folder());
      file = path.join(rig.dir, '1-1.jsonl');
      acknowledged.push(statSync(file).size);
      for (let index = 0; index < 3; index += 1) {
        await rig.publish(1);
        acknowledged.push(statSync(file).size);
      }
    }
    const whole = readFileSync(file);
    const first = acknowledged[0] ?? 0;
    for (let cut = whole.length; cut >= first; cut -= 37) {
      truncateSync(file, Math.min(cut, statSync(file).size));
      // A record that lacks only its newline is whole.
      const expected = acknowledged.filter((length) => length - 1 <= cut).length - 1;
      await using rig = await LogRig.open(folder());
      assert.equal(rig.log.lastSeq, expected, `cut at ${cut}`);
      assert.deepEqual(
        (await rig.stored()).map((entry) => entry.seq),
        [1, 2, 3].slice(0, expected),
      );
      // The next owner decides anew: it stands for another machine that crashed there.
      for (const name of readdirSync(rig.dir)) if (name !== '1-1.jsonl') truncateSync(path.join(rig.dir, name), 0);
      for (const name of readdirSync(path.join(folder(), 'terms'))) {
        if (name.endsWith('.accepted.json')) writeFileSync(path.join(folder(), 'terms', name), 'null');
      }
    }
  });

  it('does not know what a ghost appends, to its segment or to another one of its term', async () => {
    const ghost = await LogRig.open(folder(), { maxSegmentBytes: 1 });
    await ghost.publish(2);
    const logId = ghost.log.logId;
    {
      await using rig = await LogRig.open(folder());
      assert.equal(rig.log.lastSeq, 2);
      const refused = await ghost.ingest.publish('external', [
        { type: 'log.message', data: { level: 'info', message: 'late' } },
      ]);
      assert.ok(!refused.ok);
      assert.equal(refused.error.kind, 'fenced');
      await rig.publish(1);
    }
    await ghost[Symbol.asyncDispose]();
    // The bytes are there, under the ghost's term; a segment that it made later, too.
    const late = { ...runEvent('external', 9), cursor: `${logId}:3` };
    const header = readFileSync(path.join(ghost.dir, '1-1.jsonl'), 'utf8').split('\n')[0] ?? '';
    appendFileSync(path.join(ghost.dir, '1-2.jsonl'), encodeRecord(late));
    writeFileSync(path.join(ghost.dir, '1-9.jsonl'), `${header}\n`);
    appendFileSync(path.join(ghost.dir, '1-9.jsonl'), encodeRecord(late));
    await using rig = await LogRig.open(folder());
    assert.equal(rig.log.lastSeq, 3);
    assert.equal(rig.log.logId, logId);
    const messages = (await rig.stored()).map((entry) => entry.event.data['message']);
    assert.deepEqual(messages, ['0', '1', '0']);
  });

  it('answers "fenced" and tells nobody when a higher term appeared during the write', async () => {
    let owner = true;
    await using rig = await LogRig.open(folder(), { stillOwner: () => owner });
    const told: string[] = [];
    rig.bus.subscribe('*', ({ type }) => told.push(type));
    owner = false;
    const refused = await rig.ingest.publish('external', [
      { type: 'log.message', data: { level: 'info', message: 'x' } },
    ]);
    assert.equal(refused.ok ? 'ok' : refused.error.kind, 'fenced');
    assert.deepEqual(told, []);
    assert.equal(rig.feed.position, 0);
  });

  it('does not write a file again in which a write failed, and does not know what may have been left there', async function () {
    if (process.platform !== 'linux') this.skip();
    let logId = '';
    {
      await using rig = await LogRig.open(folder());
      logId = rig.log.logId;
      await rig.publish(2);
      const file = path.join(rig.dir, '1-1.jsonl');
      breakDescriptorOf(file);
      const refused = await rig.ingest.publish('external', [
        { type: 'log.message', data: { level: 'info', message: 'lost' } },
      ]);
      assert.equal(refused.ok ? 'ok' : refused.error.kind, 'io');
      assert.equal(rig.feed.position, 2);
      assert.deepEqual(await rig.publish(1), [`${logId}:3`]);
      appendFileSync(file, encodeRecord({ ...runEvent('external', 3), cursor: `${logId}:3` }));
      assert.deepEqual(segments(rig), ['1-1.jsonl', '1-2.jsonl']);
      assert.equal((await rig.stored()).length, 3);
    }
    await using rig = await LogRig.open(folder());
    assert.equal(rig.log.lastSeq, 3);
    const stored = await rig.stored();
    assert.deepEqual(
      stored.map(({ event }) => event.data['message']),
      ['0', '1', '0'],
    );
  });

  it('moves a log that is damaged in the middle aside, says so, and begins another one with what it could read', async () => {
    let file = '';
    let logId = '';
    {
      await using rig = await LogRig.open(folder());
      await rig.ingest.journal([1, 2, 3].map((seq) => runEvent('run_a', seq)));
      await rig.ingest.publish('ci', [{ id: 'mine', type: 'log.message', data: { level: 'info', message: 'x' } }]);
      file = path.join(rig.dir, '1-1.jsonl');
      logId = rig.log.logId;
    }
    const lines = readFileSync(file, 'utf8').split('\n');
    // After the header, the snapshot and two events.
    lines[4] = (lines[4] ?? '').replace('"info"', '"warn"');
    const damaged = lines.join('\n');
    writeFileSync(file, damaged);
    const errors: string[] = [];
    await using rig = await LogRig.open(folder(), {
      logger: { ...silentLogger, error: (message) => errors.push(message) },
    });
    assert.notEqual(rig.log.logId, logId);
    assert.equal(rig.log.lastSeq, 0);
    assert.equal(rig.log.memory.mark('run_a'), 2);
    assert.match(errors.join(), /damaged \(crc-mismatch\)/);
    const aside = readdirSync(rig.dir).find((name) => name.startsWith('quarantine-')) ?? '';
    assert.equal(readFileSync(path.join(rig.dir, aside, '1-1.jsonl'), 'utf8'), damaged);
    assert.deepEqual(await rig.publish(1), [`${rig.log.logId}:1`]);
  });

  it('folds the events again when the snapshot of a header is of another version', async () => {
    let before: unknown;
    {
      await using rig = await LogRig.open(folder(), { maxSegmentBytes: 300 });
      await rig.ingest.journal([runEvent('run_a', 1, { type: 'story.started', data: { story_id: 'US-1' } })]);
      await rig.ingest.journal([runEvent('run_a', 2)]);
      before = snapshotHub(rig.log.memory.state);
      assert.equal(segments(rig).length, 2);
    }
    const file = path.join(folder(), 'log', '1-2.jsonl');
    const [header = '', , ...rest] = readFileSync(file, 'utf8').split('\n');
    const other = encodeRecord({ snapshot: 1, memory: 'something else' }).toString();
    writeFileSync(file, `${header}\n${other}${rest.join('\n')}`);
    await using rig = await LogRig.open(folder());
    assert.deepEqual(snapshotHub(rig.log.memory.state), before);
    assert.equal(rig.log.lastSeq, 2);
  });
});
