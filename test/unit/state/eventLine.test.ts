import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { EventData, EventType } from '../../../src/events/catalogue.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { eventLine } from '../../../src/state/eventLine.js';

function event<T extends EventType>(type: T, data: EventData<T>): Envelope {
  return {
    ...{ id: 'e1', type, source: 'run_1', term: 1, source_seq: 1, timestamp: '2026-11-21T07:00:00.000Z' },
    data,
  };
}

const textOf = <T extends EventType>(type: T, data: EventData<T>): string => eventLine(event(type, data)).text;

describe('The line of an event', () => {
  it('says what happened in words', () => {
    assert.equal(
      textOf('gate.completed', { story_id: 'S', gate: 'test', passed: false, duration_ms: 1_900 }),
      'Gate “test” failed in 1.9s',
    );
    assert.equal(textOf('prd.started', { status: 'running', total_stories: 1 }), 'Run started: 1 story');
    assert.equal(
      textOf('story.status', {
        story_key: 'S',
        old_status: 'in_progress',
        new_status: 'failed',
        reason: 'attempts-exhausted',
      }),
      'Status: Running → Failed: No attempts left',
    );
    assert.equal(textOf('stop.requested', { by: 'ada' }), 'Stop requested by ada');
    assert.equal(
      textOf('usage.recorded', { story_id: 'S', input_tokens: 10, output_tokens: 5, cost_usd: 0.5 }),
      'Used 15 tokens, $0.50',
    );
    const usd = { budget: 'storyUsd', limit: 1.5, used: 2 };
    assert.equal(textOf('budget.exceeded', usd), 'Budget of the story used up: $2.00 of $1.50');
    assert.equal(
      textOf('budget.exceeded', { ...usd, budget: 'of another sort' }),
      'Budget “of another sort” used up: 2 of 1.5',
    );
    assert.equal(
      textOf('context.created', { story_id: 'S', attempt: 1, agent: 'claude', model: 'opus' }),
      'Attempt 1 started: claude, opus',
    );
    const stuck = { success: false, status: 'failed', reason: 'no-progress', message: 'All the same.' } as const;
    assert.equal(textOf('story.completed', { story_id: 'S', ...stuck }), 'Story failed: No progress. All the same.');
  });

  it('is one bounded line without control characters, whatever the event carries', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const { text } = eventLine(event('error.occurred', { error: `${before}\u001b[31mE\u001b[0m\r\n${after}` }));
        assert.doesNotMatch(text, /[\n\r]/);
      }),
    );
    assert.equal(textOf('error.occurred', { error: 'x'.repeat(60_000) }).length, 500);
    assert.equal(textOf('log.message', { level: 'warn', message: '\n\n  \u001b[33mlate\u001b[0m \nmore' }), 'late');
  });

  it('names its story, whichever field carries it', () => {
    assert.equal(eventLine(event('story.completed', { story_id: 'A', success: true, status: 'completed' })).story, 'A');
    assert.equal(
      eventLine(event('story.status', { story_key: 'B', old_status: 'open', new_status: 'skipped' })).story,
      'B',
    );
    assert.equal(eventLine({ ...event('prd.resumed', {}), story_id: 'C' }).story, 'C');
    assert.equal(eventLine(event('prd.resumed', {})).story, undefined);
  });

  it('names the type of an event that only a newer version knows', () => {
    assert.equal(eventLine({ ...event('prd.resumed', {}), type: 'moon.landed' }).text, 'moon.landed');
  });
});
