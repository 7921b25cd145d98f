import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isTransient } from '../../../src/events/catalogue.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { RunState, StoryState } from '../../../src/state/runState.js';
import { restoreRun, snapshotRun, type RunSnapshot } from '../../../src/state/snapshot.js';
import {
  arbitraryData,
  arbitraryJournal,
  arbitraryUnknown,
  envelope,
  eventTypes,
  known,
} from '../events/arbitraryEvent.js';

function foldAll(events: readonly Envelope[], external = false): RunState {
  const [first] = events;
  assert.ok(first);
  return foldOn(emptyRun(first, external), events);
}

function foldOn(run: RunState, events: readonly Envelope[]): RunState {
  for (const event of events) fold(run, event);
  return run;
}

const journal = arbitraryJournal.filter((events) => events.length > 0);

/** The counts as anybody would take them who looks at every story. */
function recount({ stories }: RunState): Omit<RunState['counts'], 'total'> {
  const all = [...stories.values()];
  const criteria = all.flatMap((story) => story.criteria);
  return {
    completed: all.filter((story) => story.status === 'completed').length,
    failed: all.filter((story) => story.status === 'failed').length,
    criteria: criteria.length,
    proved: criteria.filter((criterion) => criterion.status === 'proved').length,
  };
}

function assertConsistent(run: RunState, events: readonly Envelope[]): void {
  const { total, ...counts } = run.counts;
  assert.deepEqual(counts, recount(run));
  // An external run begins anew whenever it is started.
  const begun = run.external ? events.findLastIndex(({ type, data }) => type === 'prd.started' && !data['resumed']) : 0;
  const announced = events
    .slice(Math.max(0, begun))
    .flatMap(({ type, data }) =>
      type === 'prd.started' || (type === 'run.progress' && run.external) ? [Number(data['total_stories'])] : [],
    );
  assert.equal(total, Math.max(run.stories.size, ...announced));
  const inProgress = [...run.stories.values()].filter(({ status }) => status === 'in_progress').map(({ id }) => id);
  assert.deepEqual(run.current.toSorted(), inProgress.sort());
  for (const [id, story] of run.stories) {
    assert.equal(story.id, id);
    assert.equal(new Set(story.criteria.map((criterion) => criterion.index)).size, story.criteria.length);
    assert.equal(new Set(story.gates.map((gate) => gate.name)).size, story.gates.length);
  }
}

/** A run without its stories, and without what every event changes. */
function head(run: RunSnapshot): unknown {
  return { ...run, stories: [], updatedAt: '', seq: 0, term: 0 };
}

/** Stories that can be had by their id and in no other way. */
class OnlyById extends Map<string, StoryState> {
  override keys = forbidden;
  override values = forbidden;
  override entries = forbidden;
  override forEach = forbidden;
  override [Symbol.iterator] = forbidden;
}

function forbidden(): never {
  throw new Error('the fold went through all stories');
}

describe('The fold', () => {
  it('of any beginning, saved as JSON and restored, and then the rest is the fold of all', () => {
    fc.assert(
      fc.property(journal, fc.nat(), (events, cut) => {
        const [first] = events;
        assert.ok(first);
        const at = cut % (events.length + 1);
        const begun = foldOn(emptyRun(first, false), events.slice(0, at));
        const restored = restoreRun(JSON.parse(JSON.stringify(snapshotRun(begun))) as RunSnapshot);
        assert.deepEqual(restored, begun);
        assert.deepEqual(foldOn(restored, events.slice(at)), foldAll(events));
      }),
    );
  });

  it('takes every type of the catalogue, on any state, and leaves the counts right', () => {
    for (const type of eventTypes) {
      fc.assert(
        fc.property(arbitraryJournal, arbitraryData(type), fc.boolean(), (before, data, external) => {
          const events = [...before, envelope({ type, data }, before.length + 1)];
          assertConsistent(foldAll(events, external), events);
        }),
        { numRuns: 15 },
      );
    }
  });

  it('leaves events as they are, whatever it keeps of them', () => {
    // The events are frozen.
    fc.assert(
      fc.property(journal, fc.boolean(), (events, external) => {
        foldAll(events, external);
      }),
      { numRuns: 500 },
    );
  });

  it('lets a type that it does not know change nothing but place and time', () => {
    fc.assert(
      fc.property(journal, arbitraryUnknown, (events, told) => {
        const run = foldAll(events);
        const before = snapshotRun(run);
        const event = envelope(told, events.length + 1);
        assert.deepEqual(fold(run, event), { run: false });
        const { timestamp: updatedAt, source_seq: seq, term } = event;
        assert.deepEqual(snapshotRun(run), { ...before, updatedAt, seq, term });
      }),
    );
  });

  it('lets an event that is told only once change nothing, so that whoever missed it has the same state', () => {
    const transient = fc.constantFrom(...eventTypes.filter(isTransient));
    fc.assert(
      fc.property(
        journal,
        transient.chain((type) => arbitraryData(type).map((data) => ({ type, data }))),
        (events, told) => {
          const run = foldAll(events);
          const before = snapshotRun(run);
          assert.deepEqual(fold(run, envelope(told, events.length + 1)), { run: false });
          assert.deepEqual(snapshotRun(run), before);
        },
      ),
    );
  });

  it('says which story an event touched, and touches no other', () => {
    fc.assert(
      fc.property(journal, (events) => {
        const [first] = events;
        assert.ok(first);
        const run = emptyRun(first, false);
        for (const event of events) {
          const before = snapshotRun(run);
          const change = fold(run, event);
          if (event.type === 'prd.started') continue;
          const touched = snapshotRun(run).stories.filter((story) => {
            const old = before.stories.find(({ id }) => id === story.id);
            return JSON.stringify(old) !== JSON.stringify(story);
          });
          assert.ok(touched.every((story) => story.id === change.story));
          if (!change.run) assert.deepEqual(head(snapshotRun(run)), head(before));
        }
      }),
    );
  });

  it('reaches a story by its id only, so that an event costs the same however many there are', () => {
    for (const type of eventTypes) {
      fc.assert(
        fc.property(journal, arbitraryData(type), (before, data) => {
          const run = foldAll(before);
          const stories = new OnlyById();
          for (const [id, story] of run.stories) stories.set(id, story);
          fold({ ...run, stories }, envelope({ type, data }, before.length + 1));
        }),
        { numRuns: 5 },
      );
    }
  });
});

const planned = {
  story_id: 'US-1',
  title: 'Convert',
  priority: 1,
  depends_on: [],
  criteria: [{ ac_index: 1, ac_text: 'Tests pass' }],
  passes: false,
};
const started = known('prd.started', { status: 'running', total_stories: 1, stories: [planned] }, 1);
const proof = { kind: 'gate', gate: 'test', commit: 'aaaaaaaaaa' } as const;

describe('A run', () => {
  it('counts a story that its PRD file already calls passed as completed', () => {
    const stories = [{ ...planned, passes: true }];
    const run = foldAll([known('prd.started', { status: 'running', total_stories: 1, stories })]);
    assert.deepEqual(run.counts, { total: 1, completed: 1, failed: 0, criteria: 1, proved: 0 });
  });

  it('keeps what is known of its stories when a later term takes it up again', () => {
    const run = foldAll([
      started,
      known('story.started', { story_id: 'US-1' }, 2),
      known('context.created', { story_id: 'US-1', attempt: 1 }, 3),
      known('prd.stopped', { reason: 'SIGTERM' }, 4),
    ]);
    assert.equal(run.status, 'stopped');
    fold(run, known('prd.started', { status: 'running', total_stories: 1, resumed: true, stories: [planned] }, 30));
    assert.equal(run.status, 'running');
    assert.equal(run.endedAt, undefined);
    assert.equal(run.term, 2);
    assert.equal(run.stories.get('US-1')?.attempts.length, 1);
    assert.equal(run.counts.criteria, 1);
  });

  it('has its base as its tip until something is merged, and does not go back to it in a later term', () => {
    const start = { status: 'running', total_stories: 1, base: 'bbbbbbbbbb' } as const;
    const run = foldAll([known('prd.started', start)]);
    assert.equal(run.tip, 'bbbbbbbbbb');
    fold(run, known('merge.completed', { story_id: 'US-1', commit_hash: 'aaaaaaaaaa', ref: 'refs/x' }, 2));
    fold(run, known('prd.started', { ...start, resumed: true }, 30));
    assert.equal(run.tip, 'aaaaaaaaaa');
  });

  it('shows a pause as asked for until it takes effect', () => {
    const run = foldAll([started, known('pause.requested', { by: 'ann' }, 2)]);
    assert.equal(run.status, 'running');
    assert.equal(run.requested, 'pause');
    fold(run, known('prd.paused', {}, 3));
    assert.equal(run.status, 'paused');
    assert.equal(run.requested, undefined);
  });
});

describe('A criterion', () => {
  it('is not proved by a claim', () => {
    const run = foldAll([started, known('criterion.claimed', { story_id: 'US-1', ac_index: 1 }, 2)]);
    assert.equal(run.stories.get('US-1')?.criteria[0]?.status, 'claimed');
    assert.equal(run.counts.proved, 0);
  });

  it('stays proved when an agent claims it afterwards', () => {
    const run = foldAll([
      started,
      known('criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: 'Tests pass', proof }, 2),
      known('criterion.claimed', { story_id: 'US-1', ac_index: 1 }, 3),
    ]);
    assert.deepEqual(run.stories.get('US-1')?.criteria[0]?.proof, proof);
    assert.equal(run.counts.proved, 1);
  });

  it('gets its text from the first event that knows it', () => {
    const run = foldAll([
      known('criterion.claimed', { story_id: 'US-1', ac_index: 1 }),
      known('criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: 'Tests pass' }, 2),
    ]);
    assert.equal(run.stories.get('US-1')?.criteria[0]?.text, 'Tests pass');
  });

  it('is unproved again when another attempt begins', () => {
    const run = foldAll([
      started,
      known('context.created', { story_id: 'US-1', attempt: 1 }, 2),
      known('criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: 'Tests pass', proof }, 3),
      known('gate.completed', { story_id: 'US-1', gate: 'lint', passed: false }, 4),
      known('context.refreshed', { story_id: 'US-1', attempt: 2 }, 5),
    ]);
    const story = run.stories.get('US-1');
    assert.deepEqual(story?.criteria, [{ index: 1, text: 'Tests pass', status: 'unproved' }]);
    assert.deepEqual(story.gates, []);
    assert.equal(run.counts.proved, 0);
  });
});

describe('An attempt', () => {
  it('adds up what it used, apart from the attempts before', () => {
    const run = foldAll([
      started,
      known('context.created', { story_id: 'US-1', attempt: 1, prompt: '/p', transcript: '/t' }, 2),
      known('usage.recorded', { story_id: 'US-1', input_tokens: 10, output_tokens: 1 }, 3),
      known('context.refreshed', { story_id: 'US-1', attempt: 2 }, 4),
      known('usage.recorded', { story_id: 'US-1', input_tokens: 20, output_tokens: 2, cost_usd: 0.5 }, 5),
      known('usage.recorded', { story_id: 'US-1', output_tokens: 3, cost_usd: 0.25 }, 6),
    ]);
    const [first, second] = run.stories.get('US-1')?.attempts ?? [];
    assert.deepEqual([first?.prompt, first?.transcript], ['/p', '/t']);
    assert.deepEqual(first?.usage, { inputTokens: 10, outputTokens: 1 });
    assert.deepEqual(second?.usage, { inputTokens: 20, outputTokens: 5, costUsd: 0.75 });
  });
});

describe('A story', () => {
  it('that is started again has not ended', () => {
    const run = foldAll([
      started,
      known('story.started', { story_id: 'US-1' }, 2),
      known('story.completed', { story_id: 'US-1', success: false, status: 'failed', reason: 'gate-failed' }, 3),
    ]);
    assert.equal(run.counts.failed, 1);
    fold(run, known('story.started', { story_id: 'US-1' }, 4));
    const story = run.stories.get('US-1');
    assert.equal(story?.endedAt, undefined);
    assert.equal(story?.reason, undefined);
    assert.equal(run.counts.failed, 0);
  });

  it('has a commit that branches may not know until it is merged', () => {
    const run = foldAll([started, known('commit.created', { story_id: 'US-1', commit_hash: 'aaaaaaaaaa' }, 2)]);
    assert.equal(run.stories.get('US-1')?.pendingCommit, 'aaaaaaaaaa');
    assert.equal(run.tip, undefined);
    fold(run, known('merge.completed', { story_id: 'US-1', commit_hash: 'aaaaaaaaaa', ref: 'refs/x' }, 3));
    assert.equal(run.stories.get('US-1')?.pendingCommit, undefined);
    assert.deepEqual(run.stories.get('US-1')?.commits, ['aaaaaaaaaa']);
    assert.equal(run.tip, 'aaaaaaaaaa');
  });
});

describe('An external run', () => {
  const outside = (events: readonly Envelope[]): RunState => foldAll(events, true);

  it('runs from its first story on, also when nobody says that it starts, and when one starts after its end', () => {
    const first = known('story.started', { story_id: 'US-1' }, 1);
    const done = known('story.completed', { story_id: 'US-1', success: true, status: 'completed' }, 2);
    const end = known('prd.completed', { success: true, status: 'completed' }, 3);
    assert.equal(outside([first]).status, 'running');
    assert.equal(outside([first, done, end]).status, 'completed');
    const again = outside([first, done, end, known('story.started', { story_id: 'US-2' }, 4)]);
    assert.equal(again.status, 'running');
    assert.equal(again.endedAt, undefined);
    assert.deepEqual(again.counts, { total: 2, completed: 1, failed: 0, criteria: 0, proved: 0 });
  });

  it('begins anew when it is started again, and goes on when it says that it is resumed', () => {
    const events = [
      started,
      known('story.started', { story_id: 'US-1' }, 2),
      known('story.completed', { story_id: 'US-1', success: true, status: 'completed' }, 3),
      known('error.occurred', { error: 'no disk' }, 4),
      known('prd.completed', { success: true, status: 'completed' }, 5),
    ];
    const later = {
      ...known('prd.started', { status: 'running', total_stories: 7 }, 6),
      timestamp: '2027-01-01T00:00:00.000Z',
    };
    const again = outside([...events, later]);
    assert.deepEqual(again, { ...outside([later]), id: again.id });
    const resumed = { ...later, data: { ...later.data, resumed: true } };
    assert.equal(outside([...events, resumed]).counts.completed, 1);
    // A run of ours is taken up again by the same event.
    assert.equal(foldAll([...events, later]).counts.completed, 1);
  });
});

describe('A story that has ended', () => {
  it('has no gate that runs, though it was stopped in the middle of one', () => {
    const run = foldAll([
      started,
      known('story.started', { story_id: 'US-1' }, 2),
      known('context.created', { story_id: 'US-1', attempt: 1 }, 3),
      known('gate.started', { story_id: 'US-1', gate: 'lint' }, 4),
      known('gate.completed', { story_id: 'US-1', gate: 'lint', passed: true }, 5),
      known('gate.started', { story_id: 'US-1', gate: 'test' }, 6),
      known('story.completed', { story_id: 'US-1', success: false, status: 'failed', reason: 'story-timeout' }, 7),
    ]);
    assert.deepEqual(
      run.stories.get('US-1')?.gates.map(({ name }) => name),
      ['lint'],
    );
  });
});
