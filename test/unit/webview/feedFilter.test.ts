import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import { eventLine } from '../../../src/state/eventLine.js';
import { feedFilter } from '../../../webview-ui/feedFilter.js';

function entry(type: string, data: Record<string, unknown>) {
  const event = {
    ...{ id: 'e1', type, source: 'run_1', term: 1, source_seq: 1, timestamp: '2026-11-21T07:00:00.000Z' },
    data,
  } as Envelope;
  return { place: 1, event, line: eventLine(event) };
}

const entries = [
  entry('story.started', { story_id: 'US-003', title: 'Kelvin' }),
  entry('story.completed', { story_id: 'US-001', success: true, status: 'completed' }),
  entry('gate.completed', { story_id: 'US-003', gate: 'test', passed: false }),
];

const kept = (filter: string): string[] => entries.filter(feedFilter(filter)).map(({ event }) => event.type);

describe('The filter of live events', () => {
  it('keeps everything while it is empty', () => {
    assert.equal(kept('  ').length, 3);
  });

  it('takes a pattern of types', () => {
    assert.deepEqual(kept('story.*'), ['story.started', 'story.completed']);
    assert.deepEqual(kept('gate.completed'), ['gate.completed']);
  });

  it('finds text in story, type and line, whatever its case', () => {
    assert.deepEqual(kept('us-003'), ['story.started', 'gate.completed']);
    assert.deepEqual(kept('KELVIN'), ['story.started']);
  });

  it('joins words by "and"', () => {
    assert.deepEqual(kept('US-003 failed'), ['gate.completed']);
    assert.deepEqual(kept('story.* US-003'), ['story.started']);
  });

  it('takes what is no pattern as text', () => {
    assert.deepEqual(kept('[.*'), []);
  });
});
