import * as z from 'zod';
import { commandMetrics } from './commandMetrics.js';
import { durable, transient, type EventDefinition } from './definition.js';
import { failureReason } from './failure.js';
import { proof } from './proof.js';
import { answerText, questionId, questionOptions, questionText } from './question.js';

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();
const text = z.string().max(65_536);
const problems = { errors: count.optional(), warnings: count.optional(), vulnerabilities: count.optional() };
const story = { story_id: z.string().min(1).max(128) };

export const storyStatus = z.enum(['open', 'in_progress', 'completed', 'failed', 'blocked', 'skipped']);
export type StoryStatus = z.infer<typeof storyStatus>;

const criterionEntry = z.looseObject({ ac_index: z.number().int().positive(), ac_text: text });

/** One planned story, as the run knew it when it started. */
export const plannedStory = z.looseObject({
  ...story,
  title: text,
  description: text.optional(),
  priority: z.number(),
  depends_on: z.array(z.string()),
  criteria: z.array(criterionEntry),
  /** The PRD file already said that it passes. */
  passes: z.boolean(),
});
export type PlannedStory = z.infer<typeof plannedStory>;

export const commandKind = z.enum(['agent', 'gate', 'setup', 'verify', 'merge']);

/** A person's wish, as a file in the run's inbox, and as an event once the coordinator has it. */
export const intentName = z.enum([
  'pause',
  'resume',
  'stop',
  'cancel',
  'hold',
  'release',
  'retry',
  'skip',
  'prioritise',
  'accept',
  'answer',
]);
export type IntentName = z.infer<typeof intentName>;
/** Those that are about one story. */
export const storyIntentName = intentName.extract(['retry', 'skip', 'prioritise', 'accept', 'answer']);
export type StoryIntentName = z.infer<typeof storyIntentName>;
const intent = { by: text, intent_id: z.string().max(64).optional() };

/** An attempt as it begins. */
const attemptMade = {
  ...story,
  attempt: z.number().int().positive(),
  base: text.optional(),
  worktree: text.optional(),
  /** The user's own files that it was given a copy of. */
  copied: z.array(text).optional(),
  /** Files in the run's folder: what the agent is told, and what it says. */
  prompt: text.optional(),
  transcript: text.optional(),
  /** Who works on it; the model where one was named. */
  agent: text.optional(),
  model: text.optional(),
};

/**
 * Every event, declared once. The type, the run-time check and the documents for clients all come from here.
 * Payloads keep the predecessors' field names; unknown fields are kept, so that a newer sender loses nothing.
 */
export const catalogue = {
  'prd.queued': durable('A run waits for its turn: as many as are allowed at once go on before it.', {
    title: text.optional(),
    root: text.optional(),
    path: text.optional(),
    /** Runs before it. */
    ahead: count.optional(),
  }),
  'prd.started': durable('A run started or, in a later term, was taken up again.', {
    status: z.literal('running'),
    total_stories: count,
    title: text.optional(),
    /** The repository's root folder. */
    root: text.optional(),
    /** The PRD file, relative to the root. */
    path: text.optional(),
    branch: text.optional(),
    /** Commit that the run builds on. */
    base: text.optional(),
    agent: text.optional(),
    gates: z.array(text).optional(),
    /** How many stories may run at the same time. */
    workers: z.number().int().positive().optional(),
    policy: z.enum(['strict', 'standard', 'trusting']).optional(),
    resumed: z.boolean().optional(),
    stories: z.array(plannedStory).optional(),
  }),
  'prd.paused': durable('No further attempt starts until the run is resumed.', { reason: text.optional() }),
  'prd.resumed': durable('The run goes on.', {}),
  'prd.stopped': durable('The run ended before its stories did; it can be resumed.', { reason: text.optional() }),
  'prd.cancelled': durable('The run was given up.', { reason: text.optional() }),
  'prd.completed': durable('Every story reached its end.', {
    success: z.boolean(),
    status: z.enum(['completed', 'failed']),
    completed_stories: count.optional(),
    failed_stories: count.optional(),
    total_stories: count.optional(),
    duration_ms: milliseconds.optional(),
    /** The result: `refs/storyloop/<run>/tip` points at it. */
    tip: text.optional(),
    branch: text.optional(),
    /** The run branch could not follow the tip, and why. */
    branch_behind: text.optional(),
  }),
  'prd.changed': durable('The PRD file says something else than when the run began, which goes on with that.', {
    path: text,
    /** Ids of the stories that were changed, added or removed; none when it says the same again. */
    stories: z.array(z.string().max(128)),
  }),
  'prd.written': durable('A status was written back to the PRD file.', {
    ...story,
    path: text,
    passes: z.boolean(),
    sha256: text,
  }),
  'run.progress': durable('How far the run is.', {
    progress: z.number().min(0).max(100),
    current_story: z.string().nullable().optional(),
    completed_stories: count,
    total_stories: count,
    estimated_remaining_s: z.number().nonnegative().nullable().optional(),
  }),
  'batch.started': durable('A run, as seen by clients that speak of batches.', {
    batch_id: z.number().int(),
    max_cycles: z.union([count, z.literal('all')]),
  }),
  'batch.ended': durable('See batch.started.', {
    batch_id: z.number().int(),
    cycles_completed: count,
    status: z.enum(['completed', 'stopped', 'error']),
  }),
  'cycle.started': durable('A wave: the stories that run at the same time.', {
    cycle_number: z.number().int().positive(),
    story_keys: z.array(z.string()),
  }),
  'cycle.ended': durable('The wave is over.', {
    cycle_number: z.number().int().positive(),
    completed_stories: z.array(z.string()),
  }),
  'story.started': durable('Work on a story began.', {
    ...story,
    status: z.literal('in_progress').optional(),
    title: text.optional(),
    ac_count: count.optional(),
    priority: z.number().optional(),
    criteria: z.array(criterionEntry).optional(),
  }),
  'story.status': durable('A story changed its status.', {
    story_key: z.string().min(1).max(128),
    old_status: storyStatus,
    new_status: storyStatus,
    reason: failureReason.optional(),
  }),
  'story.waiting': durable('A story would begin now, but others work in its files; without others: not any more.', {
    ...story,
    /** Who works there, and where: some of the files that they changed, or their scope. */
    on: z.array(z.looseObject({ ...story, files: z.array(text) })),
  }),
  'story.completed': durable('A story reached its end.', {
    ...story,
    success: z.boolean(),
    status: z.enum(['completed', 'failed']),
    duration_ms: milliseconds.optional(),
    commits: z.array(text).optional(),
    reason: failureReason.optional(),
    /** The reason in words, where there is more to say. */
    message: text.optional(),
  }),
  'question.asked': durable('An agent needs a decision; its story waits for the answer of a person.', {
    ...story,
    question_id: questionId,
    question: questionText,
    /** Answers that it proposes. */
    options: questionOptions.optional(),
  }),
  'criterion.claimed': durable('An agent says that a criterion holds. A claim proves nothing.', {
    ...story,
    ac_index: z.number().int().positive(),
    test: z.looseObject({ file: text, name: text.optional() }).optional(),
    note: text.optional(),
  }),
  'criterion.completed': durable('The coordinator proved a criterion.', {
    ...story,
    ac_index: z.number().int().positive(),
    ac_text: text,
    duration_ms: milliseconds.optional(),
    proof: proof.optional(),
  }),
  'criterion.failed': durable("A criterion's own check failed.", {
    ...story,
    ac_index: z.number().int().positive(),
    ac_text: text,
    message: text,
  }),
  'review.started': durable('An agent with a fresh mind begins to look at what nothing else proves.', {
    ...story,
    attempt: z.number().int().positive(),
    reviewer: text,
    commit_hash: text,
    /** Criteria that it looks at. */
    ac_indexes: z.array(z.number().int().positive()),
    /** Files in the run's folder: what the reviewer is told, and what it says. */
    prompt: text.optional(),
    transcript: text.optional(),
  }),
  'command.started': durable('One thing is executed for a story: agent, gate, set-up, check or merge.', {
    story_key: z.string(),
    command: text,
    task_id: text,
    kind: commandKind.optional(),
  }),
  'command.progress': transient('Output of a running command.', {
    story_key: z.string(),
    command: text,
    task_id: text,
    message: text,
  }),
  'command.ended': durable('The command ended.', {
    story_key: z.string(),
    command: text,
    task_id: text,
    kind: commandKind.optional(),
    status: z.enum(['success', 'error']),
    message: text.optional(),
    reason: failureReason.optional(),
    metrics: commandMetrics.optional(),
  }),
  'test.run': durable('Counts of a test run.', {
    ...story,
    passed: count,
    failed: count,
    total: count,
    coverage: z.number().min(0).max(100).optional(),
  }),
  'gate.started': durable('A gate runs.', { ...story, gate: text, command: text.optional() }),
  'gate.completed': durable('A gate ended.', {
    ...story,
    gate: text,
    passed: z.boolean(),
    duration_ms: milliseconds.optional(),
    exit_code: z.number().int().nullable().optional(),
    /** Last lines of its output; the whole is in the run's folder. */
    output: text.optional(),
    ...problems,
    /** What it said of the attempt's base, where that was asked; `worse`: failed there, too, but not as badly. */
    baseline: z.looseObject({ passed: z.boolean(), worse: z.boolean().optional(), ...problems }).optional(),
    /** False: one that only warns. */
    required: z.boolean().optional(),
    /** `flaky`: failed, and passed on the same files when run once more; `inconclusive`: it could not find out. */
    flaky: z.boolean().optional(),
    inconclusive: z.boolean().optional(),
  }),
  'commit.created': durable("An attempt's checked result is a commit; the branches do not know it yet.", {
    ...story,
    commit_hash: text,
    parent: text.optional(),
    files: count.optional(),
    message: text.optional(),
  }),
  'merge.completed': durable("The run's tip moved to the commit.", {
    ...story,
    commit_hash: text,
    ref: text,
    /** Whether the run branch followed; it does not while it is checked out somewhere. */
    branch_moved: z.boolean().optional(),
  }),
  'conflict.foreseen': durable(
    'A story at work and another one have changed the same places so far, each in its worktree; without files: not any more.',
    { ...story, other_story: text, files: z.array(text) },
  ),
  'merge.conflicted': durable('A finished story does not fit on the tip.', { ...story, files: z.array(text) }),
  'attempt.saved': durable('What an attempt left is a ref.', {
    ...story,
    attempt: z.number().int().positive(),
    ref: text,
    commit_hash: text,
    /** Two attempts with the same one changed the same. */
    patch: text.optional(),
    /** Lines added and removed. */
    lines: count.optional(),
  }),
  'context.created': durable("A story's first attempt: worktree and prompt are made.", attemptMade),
  'context.refreshed': durable('A further attempt, with what went wrong in its prompt.', {
    ...attemptMade,
    feedback: text.optional(),
  }),
  'context.completed': durable('The attempt is over and its worktree is gone.', {
    ...story,
    attempt: z.number().int().positive(),
    success: z.boolean().optional(),
    reason: failureReason.optional(),
    message: text.optional(),
    /** The agent printed nothing at all. */
    silent: z.boolean().optional(),
  }),
  'usage.recorded': durable('What an attempt used.', {
    ...story,
    /** What the model read, from its cache too. */
    input_tokens: count.optional(),
    output_tokens: count.optional(),
    cost_usd: z.number().nonnegative().optional(),
  }),
  'limit.reached': durable("An agent's rate or usage limit, or no answer from its service: the run waits.", {
    /** When the agent says that it is lifted. */
    resets_at: text.nullable(),
    agent: text.optional(),
    story_id: z.string().max(128).optional(),
    reason: failureReason.optional(),
    /** When the run goes on by itself, ISO 8601. */
    until: text.optional(),
  }),
  'limit.cleared': durable('The limit is over.', { agent: text.optional() }),
  'budget.exceeded': durable('A ceiling was reached: the story, or else the run, gets no further attempt.', {
    story_id: z.string().max(128).optional(),
    /** The name of its setting, without `budget.`. */
    budget: text,
    limit: z.number(),
    used: z.number(),
  }),
  'error.occurred': durable('Something failed.', {
    story_id: z.string().max(128).optional(),
    error: text,
    error_type: text.optional(),
    error_message: text.optional(),
    retryable: z.boolean().optional(),
    context: z.unknown().optional(),
  }),
  'log.message': durable('A line for people.', { level: z.enum(['debug', 'info', 'warn', 'error']), message: text }),
  'pause.requested': durable('A person asked to pause the run.', {
    ...intent,
    /** The attempts that run are stopped, too, instead of being waited for. */
    now: z.boolean().optional(),
  }),
  'resume.requested': durable('A person asked to go on.', intent),
  'stop.requested': durable('A person asked to stop the run.', intent),
  'cancel.requested': durable('A person gave the run up.', intent),
  'hold.requested': durable('The PRD file has unsaved changes in an editor: nothing is written to it.', intent),
  'release.requested': durable('The PRD file can be written to again.', intent),
  'retry.requested': durable('A person asked for another attempt.', { ...intent, ...story }),
  'skip.requested': durable('A person asked to leave a story out.', { ...intent, ...story }),
  'prioritise.requested': durable('A person asked to begin a story before the others.', { ...intent, ...story }),
  'accept.requested': durable('A person accepts a criterion.', {
    ...intent,
    ...story,
    ac_index: z.number().int().positive(),
  }),
  'answer.requested': durable('A person answered a question.', {
    ...intent,
    ...story,
    question_id: questionId,
    answer: answerText,
  }),
  'hub.liveness': transient(
    'Runs that nobody executes although their events say that they go on: all of them, on every change and every 10 s.',
    { interrupted: z.array(z.string().max(128)) },
  ),
  'hub.stats': transient("The hub's own figures, every 10 s.", {
    connections: count,
    total_events: count,
    by_type: z.record(z.string(), count),
  }),
} as const satisfies Record<string, EventDefinition<z.ZodType>>;

export type EventType = keyof typeof catalogue;

export type EventData<T extends EventType> = z.infer<(typeof catalogue)[T]['data']>;

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(catalogue, type);
}

export function isTransient(type: string): boolean {
  return isEventType(type) && catalogue[type].durability === 'transient';
}
