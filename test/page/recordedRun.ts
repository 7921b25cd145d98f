import type { EventData, EventType, PlannedStory } from '../../src/events/catalogue.js';
import type { Envelope } from '../../src/events/envelope.js';

/** Writes envelopes as a run's journal would: one source, numbered without gaps. Time moves by {@link Recorder.after}. */
export class Recorder {
  readonly events: Envelope[] = [];
  #now: number;

  constructor(
    readonly runId: string,
    readonly prdId: string,
    startedAt: number,
    /** Who writes; another one than the run makes an external run. */
    readonly source: string = runId,
  ) {
    this.#now = startedAt;
  }

  after(seconds: number): this {
    this.#now += seconds * 1_000;
    return this;
  }

  add<T extends EventType>(type: T, data: EventData<T>): this {
    const seq = this.events.length + 1;
    const about = data as { story_id?: string; story_key?: string };
    const storyId = about.story_id ?? about.story_key;
    this.events.push({
      id: `${this.runId}-${seq}`,
      type,
      project: 'tempconv',
      prd_id: this.prdId,
      run_id: this.runId,
      ...(storyId !== undefined && { story_id: storyId }),
      timestamp: new Date(this.#now).toISOString(),
      source: this.source,
      term: 1,
      source_seq: seq,
      data,
    });
    return this;
  }
}

export const RUN_ID = 'run_0mi9x2k4qa1b2c3';
export const PRD_ID = 'tempconv-prd-3fa2c1';

const commit = (n: number): string => n.toString(16).repeat(40).slice(0, 40);

function planned(
  story_id: string,
  title: string,
  priority: number,
  criteria: string[],
  depends: string[],
): PlannedStory {
  const entries = criteria.map((ac_text, index) => ({ ac_index: index + 1, ac_text }));
  return { story_id, title, priority, depends_on: depends, criteria: entries, passes: false };
}

export const plan: readonly PlannedStory[] = [
  planned(
    'US-001',
    'Convert between Celsius and Fahrenheit',
    1,
    ['`tempconv 100 C F` prints 212', '`tempconv 32 F C` prints 0', 'Tests pass'],
    [],
  ),
  planned(
    'US-002',
    'Understand Kelvin',
    2,
    ['`tempconv 0 C K` prints 273.15', 'Below absolute zero is refused', 'Tests pass'],
    ['US-001'],
  ),
  planned(
    'US-003',
    'Read a list of values from a file and print a table whose columns are aligned at the decimal point',
    3,
    [
      '`tempconv --file values.txt C F` prints one line for each value',
      'An empty file prints nothing and exits 0',
      'Typecheck passes',
    ],
    ['US-001'],
  ),
  planned(
    'US-004',
    'Explain wrong input',
    4,
    ['An unknown unit names the known ones', 'A value that is no number exits 2'],
    ['US-002'],
  ),
  planned(
    'US-005',
    'Round to a chosen number of digits',
    5,
    ['`--digits 1` prints one digit', '`--digits -1` is refused', 'Tests pass'],
    ['US-002', 'US-003'],
  ),
];

const FAILING_OUTPUT = `
> tempconv@1.0.0 test
> node --test

\u001b[32m✔ converts Celsius to Fahrenheit (0.61ms)\u001b[39m
\u001b[32m✔ converts Fahrenheit to Celsius (0.12ms)\u001b[39m
\u001b[31m✖ refuses what is below absolute zero (1.94ms)\u001b[39m
  AssertionError [ERR_ASSERTION]: Missing expected exception.
      at TestContext.<anonymous> (test/kelvin.test.js:21:10)
      at Test.runInAsyncScope (node:async_hooks:206:9) {
    generatedMessage: true,
    code: 'ERR_ASSERTION',
    operator: 'throws'
  }
ℹ tests 9
ℹ pass 8
ℹ fail 1
`;

/** Opens an attempt and lets the agent work; it ends with {@link endAttempt}. */
function startAttempt(to: Recorder, story: PlannedStory, attempt: number, n: number): void {
  const { story_id } = story;
  if (attempt === 1) {
    to.add('story.status', { story_key: story_id, old_status: 'open', new_status: 'in_progress' });
    to.add('story.started', { story_id, status: 'in_progress', title: story.title, priority: story.priority });
  }
  to.add(attempt === 1 ? 'context.created' : 'context.refreshed', { story_id, attempt, base: commit(n) });
  to.add('command.started', {
    story_key: story_id,
    command: 'scripted',
    task_id: `${story_id}-${attempt}`,
    kind: 'agent',
  });
}

function endAgent(to: Recorder, { story_id }: PlannedStory, attempt: number): void {
  to.add('command.ended', {
    ...{
      story_key: story_id,
      command: 'scripted',
      task_id: `${story_id}-${attempt}`,
      kind: 'agent',
      status: 'success',
    },
    metrics: { duration_ms: 31_000 },
  });
  to.add('attempt.saved', {
    ...{ story_id, attempt, commit_hash: commit(attempt + 6) },
    ref: `refs/storyloop/${RUN_ID}/attempts/${story_id}-${attempt}`,
  });
}

function gate(to: Recorder, story_id: string, name: string, ms: number, output?: string): void {
  to.add('gate.started', { story_id, gate: name });
  to.after(ms / 1_000).add('gate.completed', {
    ...{ story_id, gate: name, passed: output === undefined, duration_ms: ms, exit_code: output === undefined ? 0 : 1 },
    ...(output !== undefined && { output }),
  });
}

function complete(to: Recorder, story: PlannedStory, attempt: number, n: number): void {
  const { story_id, criteria } = story;
  const done = commit(n + 1);
  endAgent(to, story, attempt);
  gate(to, story_id, 'typecheck', 2_300);
  gate(to, story_id, 'test', 1_400);
  to.add('test.run', { story_id, passed: 8 + n, failed: 0, total: 8 + n });
  for (const { ac_index, ac_text } of criteria) {
    to.after(0.6).add('criterion.completed', {
      ...{ story_id, ac_index, ac_text, duration_ms: 600 },
      proof: /pass/.test(ac_text)
        ? { kind: 'gate', gate: 'test', commit: done }
        : ac_index % 2 === 1
          ? { kind: 'command', command: `node bin/tempconv.js 100 C F | grep -x 212`, commit: done, red_on_base: true }
          : { kind: 'test', test: `test/${story_id.toLowerCase()}.test.js: ${ac_text}`, commit: done, base: commit(n) },
    });
  }
  to.add('commit.created', { story_id, commit_hash: done, parent: commit(n), files: 3 });
  to.add('merge.completed', { story_id, commit_hash: done, ref: `refs/storyloop/${RUN_ID}/tip`, branch_moved: true });
  to.add('context.completed', { story_id, attempt, success: true });
  to.add('story.status', { story_key: story_id, old_status: 'in_progress', new_status: 'completed' });
  to.add('story.completed', { story_id, success: true, status: 'completed', duration_ms: 62_000, commits: [done] });
  to.add('prd.written', { story_id, path: 'prd.json', passes: true, sha256: 'ab'.repeat(32) });
  to.add('run.progress', { progress: n * 20, completed_stories: n, total_stories: plan.length });
}

/** A story of {@link plan}, by its number from 1. */
export function storyNumber(n: number): PlannedStory {
  const story = plan[n - 1];
  if (!story) throw new Error(`The plan has no story ${n}`);
  return story;
}

/** The sample run up to the middle of its third story: two done, one of them at its second attempt. */
export function runInThirdStory(startedAt: number): Recorder {
  const to = new Recorder(RUN_ID, PRD_ID, startedAt);
  to.add('prd.started', {
    ...{ status: 'running', total_stories: plan.length, title: 'Temperature converter', root: '/home/ada/tempconv' },
    ...{ path: 'prd.json', branch: 'storyloop/tempconv', base: commit(1), agent: 'scripted', policy: 'trusting' },
    gates: ['typecheck', 'test'],
    stories: [...plan],
  });
  startAttempt(to, storyNumber(1), 1, 1);
  to.after(31);
  complete(to, storyNumber(1), 1, 1);
  startAttempt(to, storyNumber(2), 1, 2);
  to.after(24).add('criterion.claimed', { story_id: 'US-002', ac_index: 2, note: 'covered by test/kelvin.test.js' });
  endAgent(to, storyNumber(2), 1);
  gate(to, 'US-002', 'typecheck', 2_100);
  gate(to, 'US-002', 'test', 1_900, FAILING_OUTPUT);
  to.add('context.completed', {
    ...{ story_id: 'US-002', attempt: 1, success: false, reason: 'gate-failed' },
    message: `Gate "test" failed:\n${FAILING_OUTPUT}`,
  });
  startAttempt(to, storyNumber(2), 2, 2);
  to.after(18);
  complete(to, storyNumber(2), 2, 2);
  startAttempt(to, storyNumber(3), 1, 3);
  to.after(12).add('criterion.claimed', { story_id: 'US-003', ac_index: 1, note: 'prints a table' });
  return to;
}

/** The rest of the third story: gates run, it is done. */
export function finishThirdStory(to: Recorder): void {
  complete(to, storyNumber(3), 1, 3);
}

/** The third story's first attempt fails its tests, and the second begins. */
export function failThirdStoryOnce(to: Recorder): void {
  endAgent(to, storyNumber(3), 1);
  gate(to, 'US-003', 'typecheck', 2_300);
  gate(to, 'US-003', 'test', 1_900, FAILING_OUTPUT);
}

/** Everything that is left, to a good end. */
export function finishRun(to: Recorder): void {
  for (const n of [4, 5]) {
    startAttempt(to, storyNumber(n), 1, n);
    to.after(20);
    complete(to, storyNumber(n), 1, n);
  }
  to.add('prd.completed', {
    ...{
      success: true,
      status: 'completed',
      completed_stories: plan.length,
      failed_stories: 0,
      total_stories: plan.length,
    },
    ...{ duration_ms: 240_000, tip: commit(6), branch: 'storyloop/tempconv' },
  });
}

/** The beginning of a run of very many stories, and what the agent then claims for the first one. */
export function runOfManyStories(count: number, startedAt: number): { planned: Envelope[]; claims: Envelope[] } {
  const to = new Recorder('run_many', 'big-prd-000000', startedAt);
  const stories = Array.from({ length: count }, (_, index) => {
    const id = `US-${String(index + 1).padStart(3, '0')}`;
    return planned(id, `Story number ${index + 1}`, index + 1, ['It works', 'Tests pass'], []);
  });
  to.add('prd.started', { status: 'running', total_stories: count, title: 'Many stories', stories });
  const first = stories[0];
  if (first) startAttempt(to, first, 1, 1);
  const told = to.events.length;
  for (let n = 0; n < 30; n += 1) {
    to.add('criterion.claimed', { story_id: 'US-001', ac_index: 1 + (n % 2), note: `again ${n}` });
  }
  return { planned: to.events.slice(0, told), claims: to.events.slice(told) };
}

/** What a script somewhere says about a PRD of its own. */
export function externalRun(startedAt: number): Recorder {
  const to = new Recorder('run_elsewhere', 'nightly-import', startedAt, 'nightly.sh');
  to.add('prd.started', { status: 'running', total_stories: 2, title: 'Nightly import' });
  to.add('story.started', { story_id: 'fetch', title: 'Fetch the feeds' });
  return to;
}
