import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredEvent } from '../../../src/events/envelope.js';
import { encodeRecord, stripCrc } from '../../../src/records/record.js';
import { encodeStored, LazyEntry, seqOf } from '../../../src/log/storedEntry.js';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const field = fc.option(name, { nil: undefined });

/** Events as they can be stored, with names that try to look like JSON. */
const events = fc
  .record({
    id: fc.stringMatching(/^[\x21-\x7e]{1,12}$/),
    type: fc.constantFrom('log.message', 'story.started', 'a.b_1'),
    project: field,
    prd_id: fc.oneof(field, fc.constant('","id":"')),
    run_id: field,
    story_id: field,
    severity: fc.constantFrom('info' as const, undefined),
    timestamp: fc.constant('2026-01-01T00:00:00.000Z'),
    source: name,
    term: fc.nat(),
    source_seq: fc.nat(),
    data: fc.dictionary(fc.string(), fc.jsonValue()),
    cursor: fc.nat().map((seq) => `9f2c:${seq}`),
  })
  .map((event) => JSON.parse(JSON.stringify(event)) as StoredEvent);

const fields = ['type', 'project', 'prd_id', 'run_id', 'story_id', 'severity'] as const;

describe('A stored event', () => {
  it('says by its bytes what it says when it is parsed, also when other versions put it in another order', () => {
    fc.assert(
      fc.property(events, fc.boolean(), (event, ordered) => {
        const line = (ordered ? encodeStored([event]).lines : encodeRecord(event)).subarray(0, -1);
        if (ordered) assert.equal(`9f2c:${seqOf(line)}`, event.cursor);
        const entry = new LazyEntry(1, stripCrc(line));
        for (const field of fields) assert.equal(entry.head[field], event[field]);
        assert.deepEqual(entry.event, event);
        assert.deepEqual(JSON.parse(entry.json.toString()), event);
      }),
    );
  });
});
