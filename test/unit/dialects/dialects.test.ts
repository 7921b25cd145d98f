import assert from 'node:assert/strict';
import fc from 'fast-check';
import { render } from '../../../src/dialects/dialect.js';
import { fromDialect } from '../../../src/dialects/incoming.js';
import type { RunFacts } from '../../../src/dialects/sprintDashboard.js';
import type { EventData, EventType } from '../../../src/events/catalogue.js';
import type { Envelope, PublishedEvent } from '../../../src/events/envelope.js';
import { dialectName, type DialectName } from '../../../src/events/frames.js';
import { parsePublished } from '../../../src/events/published.js';
import { arbitraryKnown, arbitraryUnknown, envelope, eventTypes, known } from '../events/arbitraryEvent.js';

const facts: RunFacts = { batchId: () => 7, cycleNumber: () => 2, cyclesCompleted: () => 3 };
const said = (names: DialectName, event: Envelope): unknown => render(names, event, facts)?.body;
const tell = <T extends EventType>(names: DialectName, type: T, data: EventData<T>): unknown =>
  said(names, envelope({ type, data }, 1, { source: 'ci', prd_id: 'nightly' }));

/** What the hub makes of something that was published. */
function heard(value: unknown): PublishedEvent {
  const parsed = parsePublished(fromDialect(value));
  assert.ok(parsed.ok, parsed.ok ? '' : `${parsed.error}: ${JSON.stringify(value)}`);
  return parsed.value;
}

/** An event as the hub keeps it. */
function stored(told: { readonly type: string; readonly data: Record<string, unknown> }): Envelope {
  const event = envelope(told, 1, { source: 'ci', prd_id: 'nightly' });
  const complete = parsePublished({ type: told.type, data: told.data });
  return complete.ok ? ({ ...event, ...complete.value } as Envelope) : event;
}

/** What a client of the dialect would publish to say the same. */
function publishable(names: DialectName, event: Envelope): object | undefined {
  const rendered = render(names, event, facts);
  if (!rendered) return undefined;
  return names === 'sse' ? { type: rendered.type, data: rendered.body } : rendered.body;
}

/** Our events that come back as another type: a run is a batch there, a story alone a cycle, a gate a command. */
const comesBackAs: Readonly<Record<string, string>> = {
  'prd.started': 'batch.started',
  'prd.completed': 'batch.ended',
  'prd.stopped': 'batch.ended',
  'prd.cancelled': 'batch.ended',
  'story.started': 'cycle.started',
  'story.completed': 'cycle.ended',
  'gate.started': 'command.started',
  'gate.completed': 'command.ended',
};

const timestamp = '2026-01-01T00:00:01.000Z';
const time = Date.parse(timestamp);

describe('A dialect', () => {
  it('comes back in as the event that went out, with every field that the dialect has', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dialectName.options),
        fc.oneof(arbitraryKnown, arbitraryUnknown),
        (names, told) => {
          const event = stored(told);
          const sent = publishable(names, event);
          if (!sent) return;
          const back = heard(JSON.parse(JSON.stringify(sent)));
          assert.equal(back.type, (names === 'dashboard' && comesBackAs[told.type]) || told.type);
          assert.equal(back.timestamp, event.timestamp);
          const again = publishable(names, { ...event, ...back } as Envelope);
          assert.deepEqual(again, sent);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has nothing in it that ends a line of an event stream', () => {
    const nasty = fc.array(fc.constantFrom('\n', '\r', '\u2028', '\0', 'data: x', 'id: 0:9'), { maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...dialectName.options), nasty, (names, parts) => {
        const text = parts.join('');
        const event = known('error.occurred', { error: text, error_type: text, context: { [text]: text } });
        const rendered = render(names, event, facts);
        assert.doesNotMatch(`${rendered?.type ?? ''}${JSON.stringify(rendered?.body)}`, /[\r\n]/);
      }),
      { numRuns: 50 },
    );
  });

  it('passes what is no event of it as it came', () => {
    for (const value of [
      null,
      7,
      'text',
      [],
      { type: 'constructor', payload: {} },
      { type: '__proto__', data: {} },
      {},
    ]) {
      assert.deepEqual(fromDialect(value), value);
    }
    assert.equal(parsePublished(fromDialect({ type: 'story:dreamt', payload: {} })).ok, false);
  });
});

describe('The names of the progress hub', () => {
  it('are ours, in an envelope of five fields, where what is unknown is null, and the data names the story', () => {
    const data = { story_id: 'US-1', passed: 40, failed: 2, total: 42 };
    const body = { type: 'test.run', prd_id: 'nightly', story_id: null, timestamp, data };
    assert.deepEqual(tell('hub', 'test.run', data), body);
    for (const type of eventTypes) assert.ok(render('hub', envelope({ type, data: {} }), facts));
    const about = envelope({ type: 'log.message', data: { level: 'info', message: 'm' } });
    const told = render('hub', { ...about, story_id: 'US-1' }, facts)?.body as { data?: object } | undefined;
    assert.deepEqual(told?.data, { story_id: 'US-1', level: 'info', message: 'm' });
  });

  it('come in with open names and times of any precision', () => {
    for (const [sent, kept] of [
      ['2026-01-01T00:00:01Z', timestamp],
      ['2026-01-01T00:00:01.000499Z', timestamp],
      ['2026-01-01T01:00:01+01:00', timestamp],
    ]) {
      const event = heard({
        type: 'prd.completed',
        prd_id: 'p',
        story_id: null,
        timestamp: sent,
        data: { success: true, status: 'completed' },
      });
      assert.deepEqual(event, {
        type: 'prd.completed',
        prd_id: 'p',
        timestamp: kept,
        data: { success: true, status: 'completed' },
      });
    }
    for (const bad of ['yesterday', '2026-13-01T00:00:00Z', '2026-01-01T00:00:01', 5]) {
      assert.equal(parsePublished(fromDialect({ type: 'a.b', timestamp: bad, data: {} })).ok, false, String(bad));
    }
  });
});

describe('The names of the sprint dashboard', () => {
  const command = { story_key: 'US-1', command: 'claude', task_id: 't1' };

  it('say our events in its types and payloads', () => {
    const expected: readonly [unknown, string, object][] = [
      [
        tell('dashboard', 'batch.started', { batch_id: 4, max_cycles: 'all' }),
        'batch:start',
        { batch_id: 4, max_cycles: 'all' },
      ],
      [
        tell('dashboard', 'batch.ended', { batch_id: 4, cycles_completed: 2, status: 'stopped' }),
        'batch:end',
        { batch_id: 4, cycles_completed: 2, status: 'stopped' },
      ],
      [
        tell('dashboard', 'cycle.started', { cycle_number: 1, story_keys: ['US-1'] }),
        'cycle:start',
        { cycle_number: 1, story_keys: ['US-1'] },
      ],
      [
        tell('dashboard', 'cycle.ended', { cycle_number: 1, completed_stories: [] }),
        'cycle:end',
        { cycle_number: 1, completed_stories: [] },
      ],
      [tell('dashboard', 'command.started', { ...command, kind: 'agent' }), 'command:start', command],
      [
        tell('dashboard', 'command.progress', { ...command, message: 'm' }),
        'command:progress',
        { ...command, message: 'm' },
      ],
      [
        tell('dashboard', 'command.ended', {
          ...command,
          status: 'error',
          metrics: { duration_ms: 5, tokens: 6, x: 1 },
          message: 'no',
        }),
        'command:end',
        { ...command, status: 'error', metrics: { duration_ms: 5, tokens: 6 } },
      ],
      [
        tell('dashboard', 'story.status', { story_key: 'US-1', old_status: 'open', new_status: 'in_progress' }),
        'story:status',
        { story_key: 'US-1', old_status: 'open', new_status: 'in_progress' },
      ],
      [tell('dashboard', 'error.occurred', { error: 'e' }), 'error', { type: 'error', message: 'e' }],
      [
        tell('dashboard', 'error.occurred', { error: 'e', error_type: 'git', error_message: 'm', context: [1] }),
        'error',
        { type: 'git', message: 'm', context: [1] },
      ],
      [
        tell('dashboard', 'context.created', { story_id: 'US-1', attempt: 1, base: 'x' }),
        'context:create',
        { story_key: 'US-1', attempt: 1 },
      ],
      [
        tell('dashboard', 'context.refreshed', { story_id: 'US-1', attempt: 2 }),
        'context:refresh',
        { story_key: 'US-1', attempt: 2 },
      ],
      [
        tell('dashboard', 'context.completed', { story_id: 'US-1', attempt: 2 }),
        'context:complete',
        { story_key: 'US-1', attempt: 2 },
      ],
      [
        tell('dashboard', 'prd.started', { status: 'running', total_stories: 2 }),
        'batch:start',
        { batch_id: 7, max_cycles: 'all' },
      ],
      [
        tell('dashboard', 'prd.completed', { success: true, status: 'completed' }),
        'batch:end',
        { batch_id: 7, cycles_completed: 3, status: 'completed' },
      ],
      [
        tell('dashboard', 'prd.completed', { success: false, status: 'failed' }),
        'batch:end',
        { batch_id: 7, cycles_completed: 3, status: 'error' },
      ],
      [tell('dashboard', 'prd.stopped', {}), 'batch:end', { batch_id: 7, cycles_completed: 3, status: 'stopped' }],
      [
        tell('dashboard', 'story.started', { story_id: 'US-1' }),
        'cycle:start',
        { cycle_number: 2, story_keys: ['US-1'] },
      ],
      [
        tell('dashboard', 'story.completed', { story_id: 'US-1', success: false, status: 'failed' }),
        'cycle:end',
        { cycle_number: 2, completed_stories: [] },
      ],
      [
        tell('dashboard', 'gate.started', { story_id: 'US-1', gate: 'lint' }),
        'command:start',
        { story_key: 'US-1', command: 'lint', task_id: 'gate-US-1-lint' },
      ],
      [
        tell('dashboard', 'gate.completed', { story_id: 'US-1', gate: 'lint', passed: true, duration_ms: 3 }),
        'command:end',
        {
          story_key: 'US-1',
          command: 'lint',
          task_id: 'gate-US-1-lint',
          status: 'success',
          metrics: { duration_ms: 3 },
        },
      ],
    ];
    for (const [body, type, payload] of expected) assert.deepEqual(body, { type, payload, timestamp: time });
    const without = (type: EventType): boolean => !render('dashboard', known(type as 'prd.paused', {}), facts);
    assert.ok(['commit.created', 'test.run', 'hub.stats', 'prd.paused'].every((type) => without(type as EventType)));
  });

  it('come in with what a board calls the states of a story', () => {
    const event = heard({
      type: 'story:status',
      payload: { story_key: 'US-1', old_status: 'in-progress', new_status: 'done' },
      timestamp: time,
    });
    const data = { story_key: 'US-1', old_status: 'in_progress', new_status: 'completed' };
    assert.deepEqual(event, { type: 'story.status', story_id: 'US-1', timestamp, data });
    const refused = parsePublished(
      fromDialect({ type: 'story:status', payload: { story_key: 'a', old_status: 'x', new_status: 'done' } }),
    );
    assert.ok(!refused.ok && refused.error.startsWith('data.old_status'));
  });
});

describe('The names of the progress stream', () => {
  it('say our events as bare data, every field there with its type', () => {
    const at = { timestamp };
    assert.deepEqual(tell('sse', 'prd.started', { status: 'running', total_stories: 2, title: 'Nightly' }), {
      ...at,
      ...{ task_id: 'nightly', task_name: 'Nightly', story_count: 2, estimated_duration: 0 },
    });
    const criteria = [{ ac_index: 1, ac_text: 'It works' }];
    assert.deepEqual(tell('sse', 'story.started', { story_id: 'US-1', title: 'T', priority: 2, criteria }), {
      ...at,
      ...{ story_id: 'US-1', title: 'T', ac_count: 1, priority: 2, acceptance_criteria: ['It works'] },
    });
    assert.deepEqual(tell('sse', 'criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: 'It works' }), {
      ...at,
      ...{ story_id: 'US-1', ac_index: 1, ac_text: 'It works', duration_ms: 0 },
    });
    const success: EventData<'story.completed'> = {
      story_id: 'US-1',
      success: true,
      status: 'completed',
      duration_ms: 9,
      commits: ['abc'],
    };
    assert.deepEqual(tell('sse', 'story.completed', success), {
      ...at,
      ...{ story_id: 'US-1', status: 'passed', duration_ms: 9, commits: ['abc'] },
    });
    assert.deepEqual(tell('sse', 'story.completed', { story_id: 'US-1', success: false, status: 'failed' }), {
      ...at,
      ...{ story_id: 'US-1', status: 'failed', duration_ms: 0, commits: [] },
    });
    assert.deepEqual(
      tell('sse', 'prd.completed', {
        success: false,
        status: 'failed',
        completed_stories: 1,
        failed_stories: 1,
        duration_ms: 8,
      }),
      { ...at, task_id: 'nightly', success: false, stories_completed: 1, stories_failed: 1, duration_ms: 8 },
    );
    assert.deepEqual(tell('sse', 'error.occurred', { error: 'e', story_id: 'US-1', retryable: true }), {
      ...at,
      ...{ story_id: 'US-1', error_type: 'error', error_message: 'e', retryable: true },
    });
    assert.equal(tell('sse', 'prd.stopped', {}), undefined);
  });

  it('come in as stories of the task that they name', () => {
    assert.deepEqual(
      heard({
        type: 'task_started',
        data: { task_id: 'nightly', task_name: 'N', story_count: 2, estimated_duration: 60 },
      }),
      {
        type: 'prd.started',
        prd_id: 'nightly',
        data: { status: 'running', title: 'N', total_stories: 2, estimated_duration: 60 },
      },
    );
    assert.deepEqual(
      heard({
        type: 'story_completed',
        prd_id: 'nightly',
        data: { story_id: 'US-1', status: 'passed', duration_ms: 1, commits: [] },
      }),
      {
        type: 'story.completed',
        prd_id: 'nightly',
        story_id: 'US-1',
        data: { story_id: 'US-1', success: true, status: 'completed', duration_ms: 1, commits: [] },
      },
    );
    for (const status of ['done', 'constructor', undefined]) {
      const value = { type: 'story_completed', data: { story_id: 'US-1', status } };
      assert.equal(parsePublished(fromDialect(value)).ok, false, status);
    }
  });
});
