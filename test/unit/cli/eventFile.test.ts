import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { EventFile } from '../../../src/cli/eventFile.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

const event = (seq: number, message = `${seq}`): Envelope & { cursor: string } => ({
  ...{ id: `e_${seq}`, type: 'log.message', source: 'ci', term: 0, source_seq: seq },
  timestamp: '2026-11-21T07:00:00.000Z',
  data: { level: 'info', message },
  cursor: `9f2c:${seq}`,
});

describe('A file of events', () => {
  const folder = useTemporaryFolder();
  const file = (): string => path.join(folder(), 'events.jsonl');
  const open = (): EventFile => {
    const opened = EventFile.open(file());
    assert.ok(opened.ok, opened.ok ? '' : opened.error);
    return opened.value;
  };
  const cursors = (): unknown[] => {
    const lines = readFileSync(file(), 'utf8').split('\n');
    assert.equal(lines.pop(), '', 'the last line is whole');
    return lines.map((line) => (JSON.parse(line) as { cursor: unknown }).cursor);
  };

  it('knows its last event when it is opened again, and goes on after it', () => {
    {
      using first = open();
      assert.equal(first.last, undefined);
      // Longer than what is read at a time.
      for (const one of [event(1), event(2, 'x'.repeat(200_000)), event(3)]) first.append(one);
    }
    using second = open();
    assert.equal(second.last, '9f2c:3');
    second.append(event(4, 'x'.repeat(200_000)));
    assert.deepEqual(cursors(), ['9f2c:1', '9f2c:2', '9f2c:3', '9f2c:4']);
    using third = open();
    assert.equal(third.last, '9f2c:4');
  });

  it('loses only the line that was not finished, wherever it was cut', () => {
    {
      using whole = open();
      for (const seq of [1, 2]) whole.append(event(seq));
    }
    const bytes = readFileSync(file());
    const first = bytes.indexOf('\n') + 1;
    for (let length = 2; length < bytes.length; length += 7) {
      writeFileSync(file(), bytes);
      truncateSync(file(), length);
      using cut = open();
      assert.equal(cut.last, length < first ? undefined : '9f2c:1');
      cut.append(event(2));
      assert.deepEqual(cursors(), length < first ? ['9f2c:2'] : ['9f2c:1', '9f2c:2']);
    }
  });

  it('is not taken for one when it holds anything else, and stays as it is', () => {
    for (const content of ['notes\n', 'notes', '\n', '{"a":1}\n', '[]\n{', '{"type":"x","cursor":"9f2c:1"}\n']) {
      writeFileSync(file(), content);
      const opened = EventFile.open(file());
      assert.equal(opened.ok, false, content);
      assert.equal(readFileSync(file(), 'utf8'), content);
    }
    mkdirSync(path.join(folder(), 'sub'));
    for (const name of ['sub', 'none/events.jsonl']) assert.equal(EventFile.open(path.join(folder(), name)).ok, false);
  });

  it('appends, whatever else was appended meanwhile', () => {
    using one = open();
    one.append(event(1));
    appendFileSync(file(), `${JSON.stringify(event(2))}\n`);
    one.append(event(3));
    assert.deepEqual(cursors(), ['9f2c:1', '9f2c:2', '9f2c:3']);
  });
});
