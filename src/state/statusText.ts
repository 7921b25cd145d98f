import type { EventData, IntentName, StoryStatus } from '../events/catalogue.js';
import type { FailureReason } from '../events/failure.js';
import type { ShownStatus } from './liveness.js';
import type { CriterionStatus, GateState, RunState, StoryState } from './runState.js';
import { problemsText } from './problemCounts.js';
import { isWaiting } from './questions.js';
import { isLive, nextLimit, unwrittenStories } from './selectors.js';

/** Which of the theme's colours goes with it; never the only sign. */
export type Tone = 'muted' | 'active' | 'good' | 'bad' | 'warning';

/** A status as people see it: a codicon, a word, a colour. */
export interface StatusLook {
  readonly icon: string;
  readonly text: string;
  readonly tone: Tone;
  /** Turns, as VS Code's own icons of running things do. */
  readonly spin?: true;
}

const look = (icon: string, text: string, tone: Tone): StatusLook => ({ icon, text, tone });

const running: StatusLook = { ...look('sync', 'Running', 'active'), spin: true };

export const interruptedLook = look('circle-slash', 'Interrupted', 'warning');

export const runLook: Readonly<Record<ShownStatus, StatusLook>> = {
  queued: look('watch', 'Queued', 'muted'),
  running,
  paused: look('debug-pause', 'Paused', 'warning'),
  stopped: look('stop-circle', 'Stopped', 'warning'),
  completed: look('pass-filled', 'Completed', 'good'),
  failed: look('error', 'Finished with stories not done', 'bad'),
  cancelled: look('circle-slash', 'Cancelled', 'muted'),
  interrupted: interruptedLook,
};

export const storyLook: Readonly<Record<StoryStatus, StatusLook>> = {
  open: look('circle-outline', 'Open', 'muted'),
  in_progress: running,
  completed: look('pass-filled', 'Done', 'good'),
  failed: look('error', 'Failed', 'bad'),
  blocked: look('circle-slash', 'Blocked', 'warning'),
  skipped: look('debug-step-over', 'Skipped', 'muted'),
};

const waitingLook = look('question', 'Waiting', 'warning');

/** The look of a story; one that waits for an answer is told apart. */
export const lookOfStory = (story: StoryState): StatusLook =>
  isWaiting(story) ? waitingLook : storyLook[story.status];

/** The look of a story within its run: what a run left in progress does not run, whatever the story's own state says. */
export function storyLookIn(status: ShownStatus, story: StoryState): StatusLook {
  if (story.status !== 'in_progress' || status === 'running') return lookOfStory(story);
  return isLive({ status }) ? runLook[status] : interruptedLook;
}

export const criterionLook: Readonly<Record<CriterionStatus, StatusLook>> = {
  unproved: look('circle-outline', 'Not proved', 'muted'),
  claimed: look('comment', 'Claimed', 'warning'),
  proved: look('verified-filled', 'Proved', 'good'),
  failed: look('error', 'Failed', 'bad'),
};

/** A failure that is no fault of the attempt is told apart from one that sends it back. */
export function gateLook(gate: GateState): StatusLook {
  switch (gate.status) {
    case 'running':
      return running;
    case 'passed':
      return gate.flaky ? look('pass', 'Passed when run again', 'warning') : look('pass-filled', 'Passed', 'good');
    case 'failed':
      if (gate.inconclusive) return look('warning', 'Could not be checked', 'warning');
      if (isOldFailure(gate)) return look('warning', 'Failed before, too', 'warning');
      return gate.required === false
        ? look('warning', 'Failed, not required', 'warning')
        : look('error', 'Failed', 'bad');
  }
}

/** How a gate stands, and what it counted. */
export function gateText(gate: GateState, { text } = gateLook(gate)): string {
  const problems = gate.status === 'running' ? '' : problemsText(gate, gate.baseline);
  return problems === '' ? text : `${text}, ${problems}`;
}

/** Whether the gate failed on the attempt's base as well, and no worse. */
export function isOldFailure({
  baseline,
}: {
  readonly baseline?: { readonly passed: boolean; readonly worse?: boolean | undefined } | undefined;
}): boolean {
  return baseline?.passed === false && baseline.worse !== true;
}

const reasons: Readonly<Record<FailureReason, string>> = {
  'agent-not-installed': 'Agent not installed',
  'agent-not-signed-in': 'Agent not signed in',
  'agent-rate-limited': 'Rate limit of the agent',
  'agent-unavailable': "The agent's service cannot be reached",
  'agent-capped': "Agent's own limit of turns or cost",
  'agent-failed': 'Agent failed',
  'agent-timeout': 'Agent took too long',
  'agent-idle': 'Agent gave no sign of life',
  'no-changes': 'No file changed',
  'gate-failed': 'Gate failed',
  'gate-timeout': 'Gate took too long',
  question: 'Asked a question',
  'checks-weakened': 'Tests or checks were made weaker',
  'criterion-failed': "Criterion's check failed",
  'resource-limit': 'Took too much memory or disk',
  'criterion-unproved': 'Nothing proves a criterion',
  'merge-conflict': 'Conflicts with another story',
  'settings-changed': "The repository's git settings were changed",
  'git-failed': 'Git failed',
  'attempts-exhausted': 'No attempts left',
  'no-progress': 'No progress',
  'story-timeout': 'The story took too long',
  'budget-exceeded': 'Budget used up',
  'dependency-failed': 'A story it depends on failed',
  interrupted: 'Interrupted',
  'ownership-lost': 'Another process took over the run',
  environment: 'The environment is not ready',
};

/** Why something did not succeed. A reason of a newer version is shown as it is. */
export function reasonText(reason: FailureReason): string {
  return (reasons as Readonly<Partial<Record<string, string>>>)[reason] ?? reason;
}

/** Who works on an attempt: `claude, opus`. Undefined when nobody told. */
export function workerText({
  agent,
  model,
}: {
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
}): string | undefined {
  return [agent, model].filter(Boolean).join(', ') || undefined;
}

const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
const amounts = (unit: string) => (amount: number, of: number) => `${amount} of ${of} ${unit}`;
const budgets: Readonly<Partial<Record<string, (used: number, limit: number) => string>>> = {
  Attempts: amounts('attempts'),
  Tokens: amounts('tokens'),
  Usd: (used, limit) => `${dollars(used)} of ${dollars(limit)}`,
};

/** Which ceiling is reached, and by how much. One that this version does not know is shown by its name. */
export function budgetText({ budget, limit, used }: EventData<'budget.exceeded'>): string {
  const [, scope, unit] = /^(story|run)([A-Z][a-z]+)$/.exec(budget) ?? [];
  const text = budgets[unit ?? ''];
  return scope === undefined || text === undefined
    ? `Budget “${budget}” used up: ${used} of ${limit}`
    : `Budget of the ${scope} used up: ${text(used, limit)}`;
}

/** That the PRD file says something else than when the run began, or the same again. */
export function changedText(path: string | undefined, stories: readonly string[]): string {
  const file = path ?? 'The PRD file';
  if (stories.length === 0) return `${file} says again what it said when the run began.`;
  return `${file} was changed since the run began (${stories.join(', ')}). The run goes on with what it said then; start another run to take it up.`;
}

/** Which finished stories the PRD file does not know yet, because it has unsaved changes. Undefined when there are none. */
export function heldText(run: RunState): string | undefined {
  const ids = run.heldBy === undefined ? [] : unwrittenStories(run).map(({ id }) => id);
  if (ids.length === 0) return undefined;
  const file = run.path ?? 'the PRD file';
  const text = `${ids.join(', ')}: done, but not marked so in ${file} yet, which has unsaved changes in ${run.heldBy ?? ''}.`;
  return isLive(run)
    ? `${text} It is written when they are saved.`
    : `${text} Save them, and start or resume the run: it is written then.`;
}

/** What a run that waits for its agent waits for. Undefined when it does not. */
export function limitText(run: RunState): string | undefined {
  const until = waitsUntil(run);
  if (until === undefined) return undefined;
  const limit = nextLimit(run);
  const agent = limit?.agent ?? 'the agent';
  const why =
    limit?.reason === 'agent-unavailable'
      ? `The service of ${agent} cannot be reached`
      : `The limit of ${agent} is reached`;
  return `${why}. The run goes on by itself at ${until}; Resume does not wait for that.`;
}

/** `03:10`, here: when a run that waits for its agent goes on. */
export function waitsUntil(run: RunState): string | undefined {
  const until = nextLimit(run)?.until;
  if (run.status !== 'running' || until === undefined) return undefined;
  const time = new Date(until);
  const two = (value: number): string => String(value).padStart(2, '0');
  return Number.isNaN(time.getTime()) ? undefined : `${two(time.getHours())}:${two(time.getMinutes())}`;
}

interface IntentText {
  readonly label: string;
  readonly icon: string;
  /** While it has not taken effect. */
  readonly waiting: string;
}

const intents: Readonly<Record<IntentName, IntentText>> = {
  pause: { label: 'Pause', icon: 'debug-pause', waiting: 'Pause requested' },
  resume: { label: 'Resume', icon: 'debug-start', waiting: 'Resume requested' },
  stop: { label: 'Stop', icon: 'debug-stop', waiting: 'Stop requested' },
  cancel: { label: 'Give up', icon: 'circle-slash', waiting: 'Cancel requested' },
  hold: { label: 'Hold', icon: 'edit', waiting: 'Hold requested' },
  release: { label: 'Release', icon: 'edit', waiting: 'Release requested' },
  retry: { label: 'Retry', icon: 'debug-restart', waiting: 'Retry requested' },
  skip: { label: 'Skip', icon: 'debug-step-over', waiting: 'Skip requested' },
  prioritise: { label: 'Run next', icon: 'arrow-up', waiting: 'To be run next' },
  answer: { label: 'Answer', icon: 'comment', waiting: 'Answered' },
  accept: { label: 'Accept', icon: 'check', waiting: 'Acceptance requested' },
};

export const intentText = (intent: IntentName): IntentText => intents[intent];

const kinds: Readonly<Partial<Record<string, string>>> = {
  agent: 'Agent',
  gate: 'Gate',
  setup: 'Set-up',
  verify: 'Check',
  merge: 'Merge',
};

/** What sort of command it is. */
export const commandKindText = (kind: string | undefined): string => kinds[kind ?? ''] ?? 'Command';

/** What a story will contradict, one sentence for each other story. */
export function foreseenText({ foreseen = [] }: Pick<StoryState, 'foreseen'>): string[] {
  return foreseen.map(({ story, files }) => `Will conflict with ${story} in ${files.join(', ')}`);
}

/** Whose files a story waits for, one sentence for each other story. */
export function waitsText({ waitsFor = [] }: Pick<StoryState, 'waitsFor'>): string[] {
  return waitsFor.map(({ story, files }) => `Waits for ${story}, which works in ${files.join(', ')}`);
}

/** Why a run has not begun. */
export function queuedText(ahead: number | undefined): string {
  if (ahead === undefined) return 'Waiting for its turn';
  return `Waiting for its turn: ${ahead} ${ahead === 1 ? 'run goes' : 'runs go'} before it`;
}
