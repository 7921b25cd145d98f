import { parseEnvelope, type Envelope } from '../../src/events/envelope.js';
import { emptyRun, fold } from '../../src/state/fold.js';
import type { RunState } from '../../src/state/runState.js';

const EVENTS = 100_000;
const REPEATS = 3;

/** What a run journals for one story: one failed attempt, one that succeeds. */
const storyEvents = (id: string): { type: string; data: Record<string, unknown> }[] => {
  const story = { story_id: id };
  const task = { story_key: id, command: 'agent', task_id: `${id}-1-agent` };
  const gate = { ...story, gate: 'test' };
  const criterion = { ...story, ac_text: 'Tests pass' };
  const commit = { ...story, commit_hash: 'a'.repeat(40) };
  return [
    { type: 'story.status', data: { story_key: id, old_status: 'open', new_status: 'in_progress' } },
    { type: 'story.started', data: { ...story, ac_count: 3 } },
    { type: 'context.created', data: { ...story, attempt: 1, base: 'b'.repeat(40) } },
    { type: 'command.started', data: task },
    { type: 'criterion.claimed', data: { ...story, ac_index: 1 } },
    { type: 'command.ended', data: { ...task, status: 'success' } },
    { type: 'gate.started', data: gate },
    { type: 'gate.completed', data: { ...gate, passed: false, output: 'one test failed' } },
    { type: 'context.completed', data: { ...story, attempt: 1, success: false, reason: 'gate-failed' } },
    { type: 'context.refreshed', data: { ...story, attempt: 2, base: 'b'.repeat(40) } },
    { type: 'command.started', data: task },
    { type: 'command.ended', data: { ...task, status: 'success' } },
    { type: 'gate.completed', data: { ...gate, passed: true } },
    { type: 'criterion.completed', data: { ...criterion, ac_index: 1 } },
    { type: 'criterion.completed', data: { ...criterion, ac_index: 2 } },
    { type: 'criterion.completed', data: { ...criterion, ac_index: 3 } },
    { type: 'commit.created', data: commit },
    { type: 'merge.completed', data: { ...commit, ref: 'refs/storyloop/run_one/tip' } },
    { type: 'context.completed', data: { ...story, attempt: 2, success: true } },
    { type: 'story.completed', data: { ...story, success: true, status: 'completed' } },
  ];
};

/** A whole run of so many stories, as a journal gives it. */
function journalOf(stories: number): Envelope[] {
  const ids = Array.from({ length: stories }, (_, index) => `US-${index + 1}`);
  const criteria = [1, 2, 3].map((ac_index) => ({ ac_index, ac_text: 'Tests pass' }));
  const planned = ids.map((story_id) => ({
    ...{ story_id, title: 'Convert a value', priority: 1, depends_on: [], passes: false },
    criteria,
  }));
  const started = { type: 'prd.started', data: { status: 'running', total_stories: stories, stories: planned } };
  return [started, ...ids.flatMap(storyEvents)].map((told, index) => {
    const parsed = parseEnvelope({
      id: `e_${index + 1}`,
      project: 'sample',
      prd_id: 'sample-prd-3fa2c1',
      run_id: 'run_one',
      timestamp: '2026-01-01T00:00:00.000Z',
      source: 'run_one',
      term: 1,
      source_seq: index + 1,
      ...told,
    });
    if (!parsed.ok) throw new Error(`${told.type}: ${parsed.error}`);
    return parsed.value;
  });
}

/**
 * Journals of runs of so many stories, about {@link EVENTS} events in all. Each run has a journal of its own, so that small
 * runs are not faster for fitting into the processor's cache.
 */
function journalsOf(stories: number): Envelope[][] {
  const journals = [journalOf(stories)];
  while (eventsIn(journals) < EVENTS) journals.push(journalOf(stories));
  return journals;
}

function eventsIn(journals: readonly Envelope[][]): number {
  return journals.reduce((sum, journal) => sum + journal.length, 0);
}

/** Events a second. */
function speed(journals: readonly Envelope[][]): number {
  const start = performance.now();
  const states = journals.map(foldAll);
  const ms = performance.now() - start;
  if (states.some((state) => state.counts.completed !== state.stories.size)) throw new Error('The fold is wrong');
  return (1000 * eventsIn(journals)) / ms;
}

function foldAll(journal: readonly Envelope[]): RunState {
  const [first] = journal;
  if (!first) throw new Error('An empty journal');
  const state = emptyRun(first, false);
  for (const event of journal) fold(state, event);
  return state;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function row(label: string, value: string): void {
  console.log(`  ${label.padEnd(26)} ${value}`);
}

const sizes = [50, 5_000].map((stories) => ({ stories, journals: journalsOf(stories), speeds: [] as number[] }));
// Alternating, after a round that does not count, so that both see the same compiled code and the same memory.
for (let round = 0; round <= REPEATS; round += 1) {
  for (const { journals, speeds } of sizes) {
    const measured = speed(journals);
    if (round > 0) speeds.push(measured);
  }
}
const medians = sizes.map(({ speeds }) => median(speeds));

console.log(`Fold of ${EVENTS.toLocaleString('en')} events (median of ${REPEATS})`);
for (const [index, { stories }] of sizes.entries()) {
  row(
    `in runs of ${stories.toLocaleString('en')} stories`,
    `${Math.round(medians[index] ?? NaN).toLocaleString('en')} events/s`,
  );
}
row(
  'cost per event, ratio',
  `${((medians[0] ?? NaN) / (medians[1] ?? NaN)).toFixed(2)} (independent of stories: about 1)`,
);
