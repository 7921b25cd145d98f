import { isTransient, type EventData, type PlannedStory } from '../events/catalogue.js';
import { isKnown, type Envelope, type KnownEvent } from '../events/envelope.js';
import { endedGate } from './endedGate.js';
import type { AgentLimit, AttemptState, RunCounts, RunState, StoryState } from './runState.js';
import { storyOf, criterionOf, setStatus, setCriterion, defined, setOrDelete } from './runChanges.js';
import { sumUsage } from './usage.js';

/** What an event touched, so that a view refreshes just that. */
export interface Change {
  /** The run as a whole: status, counts, title, list of stories. */
  readonly run: boolean;
  readonly story?: string;
}

const nothing: Change = { run: false };
const wholeRun: Change = { run: true };

export function emptyRun(event: Envelope, external: boolean, id = event.run_id ?? event.source): RunState {
  return {
    id,
    prdId: event.prd_id ?? 'unknown',
    project: event.project ?? '',
    external,
    status: 'queued',
    title: event.prd_id ?? event.run_id ?? event.source,
    term: event.term,
    startedAt: event.timestamp,
    updatedAt: event.timestamp,
    current: [],
    stories: new Map(),
    counts: { total: 0, completed: 0, failed: 0, criteria: 0, proved: 0 },
    seq: 0,
  };
}

/**
 * The one fold: applies an event to a run, in place, at a cost that depends on neither the number of stories nor of
 * events. Deterministic: time comes from the envelope. Types that this version does not know change nothing but time.
 * Transient events change nothing at all: who missed them has the same state.
 */
export function fold(run: RunState, event: Envelope): Change {
  if (isTransient(event.type)) return nothing;
  run.updatedAt = event.timestamp;
  run.seq = event.source_seq;
  run.term = event.term;
  return isKnown(event) ? foldKnown(run, event) : nothing;
}

function foldKnown(run: RunState, event: KnownEvent): Change {
  const { timestamp } = event;
  switch (event.type) {
    case 'prd.queued':
      run.status = 'queued';
      run.queuedAt = timestamp;
      delete run.heldBy;
      for (const key of ['title', 'root', 'path'] as const) {
        const value = event.data[key];
        if (value !== undefined) run[key] = value;
      }
      return wholeRun;
    case 'prd.started':
      return startRun(run, event.data, timestamp);
    case 'prd.paused':
      run.status = 'paused';
      delete run.requested;
      setOrDelete(run, 'statusReason', event.data.reason);
      return wholeRun;
    case 'prd.resumed':
      run.status = 'running';
      delete run.requested;
      delete run.statusReason;
      return wholeRun;
    case 'prd.stopped':
    case 'prd.cancelled':
      run.status = event.type === 'prd.stopped' ? 'stopped' : 'cancelled';
      run.endedAt = timestamp;
      delete run.queuedAt;
      delete run.requested;
      delete run.limits;
      setOrDelete(run, 'statusReason', event.data.reason);
      return wholeRun;
    case 'prd.completed':
      run.status = event.data.success ? 'completed' : 'failed';
      run.endedAt = timestamp;
      delete run.requested;
      delete run.limits;
      if (event.data.tip !== undefined) run.tip = event.data.tip;
      setOrDelete(run, 'branchBehind', event.data.branch_behind);
      return wholeRun;
    case 'prd.changed':
      setOrDelete(run, 'changed', event.data.stories.length > 0 ? event.data.stories : undefined);
      return wholeRun;
    case 'prd.written':
      return onStory(run, event.data.story_id, (story) => {
        story.written = event.data.passes;
      });
    case 'run.progress':
      if (run.external) run.counts.total = Math.max(run.counts.total, event.data.total_stories);
      return wholeRun;
    case 'story.started':
      return startStory(run, event.data, timestamp);
    case 'story.status':
      return onStory(run, event.data.story_key, (story) => {
        setStatus(run, story, event.data.new_status);
        setOrDelete(story, 'reason', event.data.reason);
        delete story.waitsFor;
        if (story.requested === 'retry' && event.data.new_status === 'open') story.forgiven = story.attempts.length;
        delete story.requested;
      });
    case 'story.waiting':
      return onStory(run, event.data.story_id, (story) => {
        const others = event.data.on.map(({ story_id: other, files }) => ({ story: other, files }));
        setOrDelete(story, 'waitsFor', others.length === 0 ? undefined : others);
      });
    case 'story.completed':
      return onStory(run, event.data.story_id, (story) => {
        setStatus(run, story, event.data.status);
        story.endedAt = timestamp;
        story.commands = [];
        story.gates = story.gates.filter((gate) => gate.status !== 'running');
        if (event.data.commits) story.commits = [...event.data.commits];
        setOrDelete(story, 'reason', event.data.reason);
        setOrDelete(story, 'message', event.data.message);
      });
    case 'question.asked':
      return onStory(run, event.data.story_id, (story) => {
        const { question_id: id, question, options } = event.data;
        // What was asked once stays as it was asked.
        if (story.questions?.some((known) => known.id === id)) return;
        (story.questions ??= []).push({ id, question, ...defined({ options }) });
      });
    case 'criterion.claimed':
      return onStory(run, event.data.story_id, (story) => {
        const criterion = criterionOf(run, story, event.data.ac_index, '');
        if (criterion.status === 'unproved') setCriterion(run, criterion, 'claimed');
      });
    case 'criterion.completed':
      return onStory(run, event.data.story_id, (story) => {
        const criterion = criterionOf(run, story, event.data.ac_index, event.data.ac_text);
        setCriterion(run, criterion, 'proved');
        setOrDelete(criterion, 'proof', event.data.proof);
        delete criterion.message;
      });
    case 'criterion.failed':
      return onStory(run, event.data.story_id, (story) => {
        const criterion = criterionOf(run, story, event.data.ac_index, event.data.ac_text);
        setCriterion(run, criterion, 'failed');
        criterion.message = event.data.message;
        delete criterion.proof;
      });
    case 'review.started':
      return onAttempt(run, event.data.story_id, event.data.attempt, (attempt) => {
        const { reviewer, prompt, transcript } = event.data;
        attempt.review = { reviewer, ...defined({ prompt, transcript }) };
      });
    case 'command.started':
      return onStory(run, event.data.story_key, (story) => {
        const { task_id: taskId, command, kind } = event.data;
        story.commands.push({ taskId, command, since: timestamp, ...defined({ kind }) });
      });
    case 'command.ended':
      return onStory(run, event.data.story_key, (story) => {
        story.commands = story.commands.filter((command) => command.taskId !== event.data.task_id);
        measure(story.attempts.at(-1), event.data);
      });
    case 'test.run':
      return onStory(run, event.data.story_id, (story) => {
        const { passed, failed, total, coverage } = event.data;
        story.tests = { passed, failed, total, ...defined({ coverage }) };
      });
    case 'gate.started':
      return onStory(run, event.data.story_id, (story) => {
        story.gates = story.gates.filter((gate) => gate.name !== event.data.gate);
        story.gates.push({ name: event.data.gate, status: 'running', since: timestamp });
      });
    case 'gate.completed':
      return onStory(run, event.data.story_id, (story) => {
        const gate = endedGate(event.data);
        const index = story.gates.findIndex(({ name }) => name === gate.name);
        if (index < 0) story.gates.push(gate);
        else story.gates[index] = gate;
      });
    case 'commit.created':
      return onStory(run, event.data.story_id, (story) => {
        if (run.external) story.commits.push(event.data.commit_hash);
        else story.pendingCommit = event.data.commit_hash;
      });
    case 'merge.completed':
      run.tip = event.data.commit_hash;
      return onStory(run, event.data.story_id, (story) => {
        delete story.pendingCommit;
        if (!story.commits.includes(event.data.commit_hash)) story.commits.push(event.data.commit_hash);
      });
    case 'attempt.saved':
      return onAttempt(run, event.data.story_id, event.data.attempt, (attempt) => {
        attempt.ref = event.data.ref;
        attempt.commit = event.data.commit_hash;
        setOrDelete(attempt, 'patch', event.data.patch);
        setOrDelete(attempt, 'lines', event.data.lines);
      });
    case 'context.created':
    case 'context.refreshed':
      return startAttempt(run, event.data, timestamp);
    case 'conflict.foreseen':
      return onStory(run, event.data.story_id, (story) => {
        const { other_story: other, files } = event.data;
        const others = (story.foreseen ?? []).filter((known) => known.story !== other);
        const foreseen = files.length === 0 ? others : [...others, { story: other, files }];
        setOrDelete(story, 'foreseen', foreseen.length === 0 ? undefined : foreseen);
      });
    case 'context.completed':
      onStory(run, event.data.story_id, (story) => {
        delete story.foreseen;
        // What did not become the tip in its attempt never will.
        if (event.data.success !== true) delete story.pendingCommit;
      });
      return onAttempt(run, event.data.story_id, event.data.attempt, (attempt) => {
        attempt.endedAt = timestamp;
        setOrDelete(attempt, 'success', event.data.success);
        setOrDelete(attempt, 'reason', event.data.reason);
        setOrDelete(attempt, 'message', event.data.message);
        setOrDelete(attempt, 'silent', event.data.silent);
      });
    case 'usage.recorded':
      return onStory(run, event.data.story_id, (story) => {
        const attempt = story.attempts.at(-1);
        if (attempt) attempt.usage = sumUsage(attempt.usage, event.data);
      });
    case 'limit.reached': {
      const { reason, until, agent } = event.data;
      run.limits = [...(limitsOfOthers(run, agent) ?? []), defined({ reason, until, agent })];
      return wholeRun;
    }
    case 'limit.cleared':
      setOrDelete(run, 'limits', event.data.agent === undefined ? undefined : limitsOfOthers(run, event.data.agent));
      return wholeRun;
    case 'cycle.started':
      run.wave = event.data.cycle_number;
      return wholeRun;
    case 'error.occurred':
      run.lastError = event.data.error_message ?? event.data.error;
      return wholeRun;
    case 'pause.requested':
      run.requested = 'pause';
      return wholeRun;
    case 'stop.requested':
      run.requested = 'stop';
      return wholeRun;
    case 'cancel.requested':
      run.requested = 'cancel';
      return wholeRun;
    case 'resume.requested':
      delete run.requested;
      return wholeRun;
    case 'retry.requested':
    case 'skip.requested':
      return onStory(run, event.data.story_id, (story) => {
        story.requested = event.type === 'retry.requested' ? 'retry' : 'skip';
      });
    case 'prioritise.requested':
      return onStory(run, event.data.story_id, (story) => {
        story.urgency = run.seq;
      });
    case 'accept.requested':
      return onStory(run, event.data.story_id, (story) => {
        const criterion = criterionOf(run, story, event.data.ac_index, '');
        setCriterion(run, criterion, 'proved');
        criterion.proof = { kind: 'person', by: event.data.by };
        delete criterion.message;
      });
    case 'answer.requested':
      return onStory(run, event.data.story_id, (story) => {
        const question = story.questions?.find(({ id }) => id === event.data.question_id);
        if (!question) return;
        question.answer = event.data.answer;
        question.answeredBy = event.data.by;
      });
    case 'hold.requested':
      run.heldBy = event.data.by;
      return wholeRun;
    case 'release.requested':
      delete run.heldBy;
      return wholeRun;
    // Told for people and for the predecessors' clients; the state already follows from the events above.
    case 'batch.started':
    case 'batch.ended':
    case 'cycle.ended':
    case 'command.progress':
    case 'merge.conflicted':
    case 'budget.exceeded':
    case 'log.message':
    case 'hub.liveness':
    case 'hub.stats':
      return nothing;
  }
}

function startRun(run: RunState, data: EventData<'prd.started'>, timestamp: string): Change {
  if (run.external && !data.resumed) beginAnew(run, timestamp);
  // Whoever holds the file says so to each term; one that waited for its turn has heard it.
  if (run.status !== 'queued') delete run.heldBy;
  run.status = 'running';
  delete run.queuedAt;
  delete run.endedAt;
  delete run.requested;
  delete run.statusReason;
  setOrDelete(run, 'branchBehind', undefined);
  delete run.changed;
  for (const key of ['title', 'root', 'path', 'branch', 'base', 'agent', 'workers', 'policy'] as const) {
    if (data[key] !== undefined) Object.assign(run, { [key]: data[key] });
  }
  if (run.tip === undefined && data.base !== undefined) run.tip = data.base;
  for (const planned of data.stories ?? []) plan(run, planned);
  run.counts.total = Math.max(run.counts.total, data.total_stories);
  return wholeRun;
}

/** Each execution of a script is a run to people, though all of them are told under one name. */
function beginAnew(run: RunState, timestamp: string): void {
  run.startedAt = timestamp;
  run.stories.clear();
  run.current = [];
  Object.assign(run.counts, { total: 0, completed: 0, failed: 0, criteria: 0, proved: 0 } satisfies RunCounts);
  delete run.tip;
  delete run.lastError;
}

/** Takes a story into the run; what is known of it already stays. */
function plan(run: RunState, planned: PlannedStory): void {
  const story = storyOf(run, planned.story_id);
  story.title = planned.title;
  setOrDelete(story, 'description', planned.description);
  story.priority = planned.priority;
  story.dependsOn = planned.depends_on;
  for (const { ac_index: index, ac_text: text } of planned.criteria) criterionOf(run, story, index, text);
  if (planned.passes && story.attempts.length === 0) setStatus(run, story, 'completed');
}

function startStory(run: RunState, data: EventData<'story.started'>, timestamp: string): Change {
  const story = storyOf(run, data.story_id);
  if (data.title !== undefined) story.title = data.title;
  if (data.priority !== undefined) story.priority = data.priority;
  for (const { ac_index: index, ac_text: text } of data.criteria ?? []) criterionOf(run, story, index, text);
  setStatus(run, story, 'in_progress');
  // A script need not say that its run starts.
  if (run.external && run.status !== 'running') {
    run.status = 'running';
    delete run.endedAt;
  }
  story.startedAt ??= timestamp;
  delete story.endedAt;
  delete story.reason;
  delete story.message;
  return { run: true, story: story.id };
}

/** Claims, gates and proofs by what was run speak of one attempt; the next one starts without them. */
function startAttempt(run: RunState, data: EventData<'context.created'>, timestamp: string): Change {
  return onStory(run, data.story_id, (story) => {
    const { attempt, base, worktree, copied, prompt, transcript, agent, model } = data;
    const given = defined({ base, worktree, copied, prompt, transcript, agent, model });
    story.attempts.push({ attempt, startedAt: timestamp, ...given });
    story.gates = [];
    story.commands = [];
    delete story.tests;
    delete story.pendingCommit;
    for (const criterion of story.criteria) {
      // A person's word does not end with an attempt.
      if (criterion.proof?.kind === 'person') continue;
      setCriterion(run, criterion, 'unproved');
      delete criterion.proof;
      delete criterion.message;
    }
  });
}

/** What the agents of an attempt took, the one at work and its reviewer: the most of it counts. */
function measure(attempt: AttemptState | undefined, { kind, metrics }: EventData<'command.ended'>): void {
  if (!attempt || kind !== 'agent') return;
  const { peak_memory_bytes: memory, peak_disk_bytes: disk } = metrics ?? {};
  if (memory !== undefined) attempt.peakMemoryBytes = Math.max(attempt.peakMemoryBytes ?? 0, memory);
  if (disk !== undefined) attempt.peakDiskBytes = Math.max(attempt.peakDiskBytes ?? 0, disk);
}

function onStory(run: RunState, id: string, change: (story: StoryState) => void): Change {
  change(storyOf(run, id));
  return { run: true, story: id };
}

function onAttempt(run: RunState, id: string, number: number, change: (attempt: AttemptState) => void): Change {
  return onStory(run, id, (story) => {
    const attempt = story.attempts.findLast((known) => known.attempt === number);
    if (attempt) change(attempt);
  });
}

function limitsOfOthers({ limits = [] }: RunState, agent: string | undefined): readonly AgentLimit[] | undefined {
  const others = limits.filter((limit) => limit.agent !== agent);
  return others.length > 0 ? others : undefined;
}
