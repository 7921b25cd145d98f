import assert from 'node:assert/strict';
import { explainStory } from '../../../src/state/explainStory.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { ShownStatus } from '../../../src/state/liveness.js';
import type { EventData, EventType } from '../../../src/events/catalogue.js';
import { known } from '../events/arbitraryEvent.js';

let seq = 0;

const planned = (id: string, ...on: string[]) => ({
  ...{ story_id: id, title: id, priority: 1, depends_on: on, passes: false },
  criteria: [{ ac_index: 1, ac_text: 'It works' }],
});

/** US-1 ← US-2 ← US-3, and US-4 alone. */
function explained(
  id: string,
  status: ShownStatus,
  ...events: { [T in EventType]: [T, EventData<T>] }[EventType][]
): string {
  const stories = [planned('US-1'), planned('US-2', 'US-1'), planned('US-3', 'US-2'), planned('US-4')];
  const start = known(
    'prd.started',
    { status: 'running', total_stories: 4, workers: 2, path: 'prd.json', stories },
    ++seq,
  );
  const run = emptyRun(start, false);
  for (const event of [start, ...events.map(([type, data]) => known(type, data, ++seq))]) fold(run, event);
  const story = run.stories.get(id);
  assert.ok(story);
  return explainStory(run, status, story).join(' ');
}

const becomes = (id: string, status: EventData<'story.status'>['new_status'], reason?: 'attempts-exhausted') =>
  ['story.status', { story_key: id, old_status: 'open', new_status: status, ...(reason && { reason }) }] as [
    'story.status',
    EventData<'story.status'>,
  ];

describe('Why a story does not run', () => {
  it('is what it depends on, as far as that is not done, and what that waits for', () => {
    assert.equal(
      explained('US-3', 'running', becomes('US-1', 'failed', 'attempts-exhausted')),
      'US-3 has not begun. It depends on US-2. US-2 is open. It depends on US-1. US-1 failed: no attempts left.',
    );
    assert.equal(
      explained('US-3', 'running', becomes('US-1', 'completed'), becomes('US-2', 'in_progress')),
      'US-3 has not begun. It depends on US-2. US-2 is running.',
    );
  });

  it('is that all workers are busy, named with what they do, and how to come first', () => {
    assert.equal(
      explained('US-4', 'running', becomes('US-1', 'in_progress')),
      'US-4 can begin as soon as a worker is free. All 2 workers are busy: US-1. To begin it before others: storyloop prioritise US-4',
    );
  });

  it('is who works in its files, until it begins or they do no more; whoever comes after it is told so', () => {
    const waits = (...files: string[]): ['story.waiting', EventData<'story.waiting'>] => [
      'story.waiting',
      { story_id: 'US-4', on: files.length === 0 ? [] : [{ story_id: 'US-1', files }] },
    ];
    const busy = becomes('US-1', 'in_progress');
    assert.equal(
      explained('US-4', 'running', busy, waits('src/api.ts', 'src/a.ts')),
      'US-4 could begin, but not beside whoever works in its files. Waits for US-1, which works in src/api.ts, src/a.ts.',
    );
    assert.match(explained('US-4', 'running', busy, waits('src'), waits()), /as soon as a worker is free/);
    assert.match(
      explained('US-4', 'running', busy, waits('src'), becomes('US-4', 'in_progress'), becomes('US-4', 'open')),
      /as soon as a worker is free/,
    );
    assert.match(
      explained('US-2', 'running', busy, waits('src'), becomes('US-1', 'completed'), becomes('US-3', 'in_progress')),
      /^US-2 comes after US-4: others work in the files of all of them\.$/,
    );
  });

  it('is a pause, a limit of the agent, or that nobody executes the run', () => {
    assert.match(explained('US-4', 'paused', ['prd.paused', {}]), /could begin\. The run is paused/);
    assert.match(
      explained('US-4', 'running', ['limit.reached', { resets_at: null, until: '2026-01-01T03:10:00.000Z' }]),
      /The limit of the agent is reached\. The run goes on by itself at \d\d:\d\d/,
    );
    for (const status of ['interrupted', 'stopped'] as const) {
      assert.match(
        explained('US-4', status, ['prd.stopped', {}]),
        new RegExp(`The run is ${status}; nobody executes it`),
      );
    }
  });

  it('is that it failed, with the reason and the end of its last attempt, and what to do', () => {
    const text = explained(
      'US-1',
      'running',
      becomes('US-1', 'in_progress'),
      ['context.created', { story_id: 'US-1', attempt: 1 }],
      [
        'context.completed',
        { story_id: 'US-1', attempt: 1, success: false, reason: 'gate-failed', message: '2 tests fail' },
      ],
      becomes('US-1', 'failed', 'attempts-exhausted'),
    );
    assert.match(text, /^US-1 failed: no attempts left\. Attempt 1 did not succeed \(gate failed\): 2 tests fail/);
    assert.match(text, /storyloop retry US-1$/);
  });

  it('is no question for one that runs or is done: it says what it does', () => {
    assert.match(
      explained('US-1', 'running', becomes('US-1', 'in_progress'), [
        'command.started',
        { story_key: 'US-1', command: 'claude', task_id: 'US-1-1-agent', kind: 'agent' },
      ]),
      /US-1 is running, attempt 1: agent claude\./,
    );
    assert.equal(explained('US-1', 'running', becomes('US-1', 'completed')), 'US-1 is done: it was before this run.');
  });
});
