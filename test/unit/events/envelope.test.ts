import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isKnown,
  parseData,
  parseEnvelope,
  parseStoredEvent,
  publishedEvent,
  type Envelope,
} from '../../../src/events/envelope.js';
import { arbitraryData, arbitraryUnknown, envelope, eventTypes, known } from './arbitraryEvent.js';

const sample = known('test.run', { story_id: 'US-1', passed: 3, failed: 0, total: 3 });

/** What the parser says of the sample with some fields replaced. */
function refusal(change: Record<string, unknown>): string {
  const parsed = parseEnvelope({ ...sample, ...change });
  return parsed.ok ? 'accepted' : parsed.error;
}

describe('An envelope', () => {
  it('of every type of the catalogue is accepted and comes back as it was, extra fields of its data included', () => {
    for (const type of eventTypes) {
      fc.assert(
        fc.property(arbitraryData(type), (data) => {
          const event = envelope({ type, data: { ...data, from_a_newer_version: [1] } });
          const parsed = parseEnvelope(JSON.parse(JSON.stringify(event)));
          assert.deepEqual(parsed, { ok: true, value: event });
        }),
        { numRuns: 25 },
      );
    }
  });

  it('of a type that the catalogue does not have is kept as it is', () => {
    fc.assert(
      fc.property(arbitraryUnknown, (told) => {
        const event = envelope(told);
        const parsed = parseEnvelope(JSON.parse(JSON.stringify(event)));
        assert.deepEqual(parsed, { ok: true, value: event });
        assert.equal(isKnown(event), false);
      }),
    );
  });

  it('is refused with the place and the reason', () => {
    assert.match(refusal({ data: { story_id: 'US-1', passed: -1, failed: 0, total: 1 } }), /^data\.passed: .*>=0/);
    assert.match(refusal({ data: { story_id: 'US-1', passed: '3', failed: 0, total: 1 } }), /^data\.passed: .*number/);
    assert.match(refusal({ data: { passed: 1, failed: 0, total: 1 } }), /^data\.story_id: /);
    assert.match(refusal({ data: [] }), /^data: /);
    assert.match(refusal({ type: 'Story Started' }), /^type: an event type looks like "story\.started"/);
    assert.match(refusal({ source_seq: 1.5 }), /^source_seq: /);
    assert.match(refusal({ term: -1 }), /^term: /);
    assert.match(refusal({ source: '' }), /^source: /);
  });

  it('names the place inside lists', () => {
    const data = { cycle_number: 1, story_keys: ['US-1', 2] };
    assert.match(refusal({ type: 'cycle.started', data }), /^data\.story_keys\.1: /);
  });

  it('has a time in UTC with milliseconds, and no other', () => {
    for (const timestamp of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000+01:00', '2026-02-30T00:00:00.000Z', 0]) {
      assert.match(refusal({ timestamp }), /^timestamp: /);
    }
  });

  it('has an id that can end neither a line nor a field', () => {
    for (const id of ['a\nb', 'a b', '', 'ä', 'a'.repeat(129)]) assert.match(refusal({ id }), /^id: /);
  });

  it('is never taken for what it is not', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(parseEnvelope(value).ok, false);
      }),
    );
  });

  it('that is stored has a cursor', () => {
    assert.deepEqual(parseStoredEvent({ ...sample, cursor: '9f2c:1' }), {
      ok: true,
      value: { ...sample, cursor: '9f2c:1' },
    });
    assert.match(failure(parseStoredEvent(sample)), /^cursor: /);
  });
});

describe('What somebody outside sends', () => {
  it('needs a type only', () => {
    assert.deepEqual(publishedEvent.parse({ type: 'deploy.done' }), { type: 'deploy.done', data: {} });
  });

  it('cannot say who sent it, nor its place', () => {
    const forged = { type: 'deploy.done', source: 'run_one', term: 9, source_seq: 9, cursor: '9f2c:1' };
    assert.deepEqual(publishedEvent.parse(forged), { type: 'deploy.done', data: {} });
  });

  it('is checked by the catalogue when it knows the type', () => {
    assert.match(failure(parseData('test.run', {})), /^data\.story_id: /);
    assert.deepEqual(parseData('deploy.done', { any: 'thing' }), { ok: true, value: { any: 'thing' } });
  });
});

function failure(
  result: { ok: true; value: Envelope | Record<string, unknown> } | { ok: false; error: string },
): string {
  return result.ok ? 'accepted' : result.error;
}
