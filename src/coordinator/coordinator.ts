import { isLive } from '../state/selectors.js';
import { waitingText } from '../state/questions.js';
import { emptyRun, fold } from '../state/fold.js';
import type { RunState } from '../state/runState.js';
import { newRunId } from '../events/ids.js';
import type { Envelope } from '../events/envelope.js';
import { gitText } from '../git/git.js';
import { raiseFence, readRef } from '../git/fencedRefs.js';
import { underWay } from '../git/repository.js';
import { JournalWriter } from '../journal/journalWriter.js';
import { listRuns, readJournal, readRun } from '../journal/readJournal.js';
import { Reserve } from '../journal/reserve.js';
import type { Clock } from '../primitives/clock.js';
import { Disposables } from '../primitives/disposables.js';
import { failpoint } from '../primitives/failpoint.js';
import type { Logger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { isDiskFull } from '../records/durability.js';
import { Terms } from '../records/terms.js';
import { reap } from '../processes/guarded.js';
import { currentHolder, parseHolder, type Holder } from '../session/holder.js';
import { Inbox, type Intent } from '../session/inbox.js';
import { Ownership, type Held } from '../session/ownership.js';
import type { UserPaths } from '../session/paths.js';
import { registerProject } from '../session/projects.js';
import { RunQueue } from '../session/runQueue.js';
import { baseOf, freshBranch } from './branches.js';
import type { Control } from './control.js';
import { DiskRoom } from '../journal/diskRoom.js';
import type { RunPlan } from '../plan/plan.js';
import { lateStories, PrdStatus } from './prdStatus.js';
import { recover } from './recover.js';
import { SettingsGuard } from './settingsGuard.js';
import { takeIntent } from './takeIntent.js';
import { JournalLost, RunJournal, type RunJournalListener } from '../journal/runJournal.js';
import { runStories } from './runStories.js';
import type { Settlement } from './settle.js';

export interface RunRequest {
  readonly plan: RunPlan;
  readonly user: UserPaths;
  /** `auto` takes an unfinished run of the PRD up again; `resume` insists on it; `fresh` never does. */
  readonly mode: 'auto' | 'resume' | 'fresh';
  /** How long to wait for another owner, milliseconds. */
  readonly waitMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly control: Control;
  readonly onWaiting: (holder: Holder) => void;
  /** Told when the run stands still because the disk is full, and when it goes on. */
  readonly onDiskRoom: (isFull: boolean) => void;
  /** Told of every event as it becomes durable, with the state it leads to. */
  readonly onEvent: (event: Envelope, state: RunState) => void;
}

export type RunEnd =
  | { readonly kind: 'completed'; readonly state: RunState }
  | { readonly kind: 'unfinished'; readonly state: RunState }
  | { readonly kind: 'stopped'; readonly state: RunState }
  /** Nothing more can be done without a person's answer. */
  | { readonly kind: 'waiting'; readonly state: RunState }
  | { readonly kind: 'held'; readonly held: Held }
  | { readonly kind: 'nothing-to-resume' }
  /** Another owner took over; this process had no effect since. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'blocked'; readonly message: string };

/** Executes a PRD: owns it, finds out how far it is, goes on from there, until its stories are done or it has to end. */
export async function executeRun(request: RunRequest): Promise<RunEnd> {
  await using resources = new Disposables();
  const owned = await own(request);
  if (!owned.ok) return owned.error;
  const { plan, control, clock } = request;
  const ownership = resources.use(owned.value.ownership);
  failpoint('coordinator.owner');
  if (ownership.lost.aborted) return { kind: 'lost' };
  ownership.lost.addEventListener('abort', () => {
    control.stop('lost');
  });

  const opened = await openRun(request, owned.value, resources);
  if (!opened.ok) return opened.error;
  const { settlement, journal } = opened.value;
  try {
    const recovered = await recover(settlement, plan.prd.stories);
    failpoint('coordinator.recovered');
    if (!recovered.ok) return await blocked(journal, recovered.error);
    if (plan.config.runTimeout > 0) resources.use(stopAfter(plan.config.runTimeout, control, clock));
    const obstacle = await runStories(settlement, control, clock);
    if (obstacle !== undefined) {
      const end = await blocked(journal, obstacle);
      await settlement.guard.accept();
      return end;
    }
  } catch (error) {
    if (isDiskFull(error)) return { kind: 'blocked', message: diskFull(plan) };
    if (!(error instanceof JournalLost)) throw error;
  }
  return endOf(journal, control);
}

interface Owned {
  readonly ownership: Ownership;
  readonly runId: string;
  readonly resumed: boolean;
  /** The PRD's run before this term: the same one when it is resumed. */
  readonly last: RunState | undefined;
}

/** Becomes the owner and decides which run it is: an unfinished one, or a new one. */
async function own(request: RunRequest): Promise<Result<Owned, RunEnd>> {
  const { plan, mode, clock } = request;
  const terms = plan.paths.terms(plan.prdId);
  for (;;) {
    const before = await new Terms(terms, parseHolder).highest();
    const { last, hasWaited } = await lastRunOf(plan);
    const unfinished = last && (isLive(last) || last.status === 'stopped') ? last.id : undefined;
    if (mode === 'resume' && unfinished === undefined && !hasWaited) return err({ kind: 'nothing-to-resume' });
    const resumed = mode !== 'fresh' && unfinished !== undefined;
    const obstacle = resumed ? undefined : await headElsewhere(plan.repository.root);
    if (obstacle !== undefined) return err({ kind: 'blocked', message: obstacle });
    const runId = resumed ? unfinished : newRunId(clock.now());
    const acquired = await Ownership.acquire({
      terms,
      lockFile: plan.paths.lock(plan.prdId),
      holder: currentHolder('storyloop run', runId),
      waitMs: request.waitMs,
      clock,
      logger: request.logger,
      signal: request.control.stopping,
      onWaiting: request.onWaiting,
    });
    if (!acquired.ok) return err({ kind: 'held', held: acquired.error });
    const ownership = acquired.value;
    // While we waited somebody else may have started or finished a run: decide again on what is true now.
    if (ownership.term === (before?.term ?? 0) + 1) return ok({ ownership, runId, resumed, last });
    await ownership[Symbol.asyncDispose]();
  }
}

/** Why a new run cannot build on HEAD now. */
async function headElsewhere(root: string): Promise<string | undefined> {
  const operation = await underWay(root);
  if (operation === undefined) return undefined;
  const ends = {
    rebase: '"git rebase --continue" or "git rebase --abort"',
    am: '"git am --continue" or "git am --abort"',
    bisect: '"git bisect reset"',
  };
  return `git is in the middle of a ${operation} in ${root}, so HEAD is not where your work is. End it with ${ends[operation]}, then start again.`;
}

interface LastRun {
  /** The newest run of this PRD that began, as its journal tells it. */
  readonly last: RunState | undefined;
  /** Whether a newer one was ended while it waited for its turn: to go on with it is to begin. */
  readonly hasWaited: boolean;
}

async function lastRunOf(plan: RunPlan): Promise<LastRun> {
  let hasWaited = false;
  for (const runId of await listRuns(plan.paths)) {
    const state = await readRun(plan.paths, runId);
    if (state?.prdId !== plan.prdId) continue;
    if (state.base !== undefined) return { last: state, hasWaited };
    hasWaited ||= isLive(state) || state.status === 'stopped';
  }
  return { last: undefined, hasWaited };
}

/** Reaps what an older term left, fences it out of git and the journal, and opens this term's journal and inbox. */
async function openRun(
  request: RunRequest,
  { ownership, runId, resumed, last }: Owned,
  resources: Disposables,
): Promise<Result<{ settlement: Settlement; journal: RunJournal }, RunEnd>> {
  const { plan, user, clock, control } = request;
  const root = plan.repository.root;
  const since = clock.now();
  if (last) await reap(last.id);
  failpoint('coordinator.reaped');

  const reading = await readJournal(plan.paths, plan.prdId, runId);
  if (reading.corrupt) {
    return err({
      kind: 'blocked',
      message: `${reading.corrupt.file} is damaged (${reading.corrupt.fault}). Start with --fresh.`,
    });
  }
  await ownership.accept(reading.lengths);
  const fence = await raiseFence(root, plan.prdId, ownership.term);
  if (!fence.ok)
    return err(ownership.isCurrent() ? { kind: 'blocked', message: gitText(fence.error) } : { kind: 'lost' });

  failpoint('coordinator.fence-raised');
  await registerProject(user, plan.project);
  failpoint('coordinator.project-registered');
  const run = plan.paths.run(runId);
  const writer = resources.use(
    await JournalWriter.create(
      run,
      {
        runId,
        prdId: plan.prdId,
        project: plan.project.id,
        term: ownership.term,
        lastSeq: reading.events.at(-1)?.source_seq ?? 0,
      },
      () => ownership.isCurrent(),
      clock,
    ),
  );
  failpoint('coordinator.journal-open');
  const before = foldEvents(reading.events);
  const reserve = resources.use(new Reserve(run.reserve));
  if (!(await reserve.take())) return err({ kind: 'blocked', message: diskFull(plan) });
  const listener: RunJournalListener = {
    onEvent: request.onEvent,
    onLost: ({ kind }) => {
      control.stop(kind === 'fenced' ? 'lost' : 'journal');
    },
  };
  const room = new DiskRoom(reserve, clock, control.stopping, request.onDiskRoom);
  const journal = new RunJournal(writer, before, listener, room);
  const branch = before?.branch ?? (request.mode === 'fresh' ? await freshBranch(plan) : plan.branch);
  const status = new PrdStatus(plan, run, journal);
  const taken = new Set(reading.events.map((event) => event.data['intent_id']));
  const onIntent = async (intent: Intent): Promise<void> => {
    // What was asked of an older term's process, and did not reach it, is not asked of this one; an answer keeps.
    const isLate = intent.intent !== 'answer' && Date.parse(intent.at) < since;
    if (taken.has(intent.id) || isLate) return;
    taken.add(intent.id);
    await takeIntent({ journal, status }, control, intent);
  };
  const inbox = resources.use(new Inbox(run.inbox, onIntent, request.logger));
  await inbox.open();
  // Answers that were given meanwhile come before the first word on how far the stories are.
  await inbox.handedOver();
  failpoint('coordinator.inbox-open');
  const queue = resources.use(await RunQueue.enter(user.queue, currentHolder('storyloop run', runId)));
  const turn = await takeTurn(plan, queue, journal, control);
  if (!turn.ok) return err(turn.error);
  const obstacle = resumed ? undefined : await headElsewhere(root);
  if (obstacle !== undefined) return err(await blocked(journal, obstacle));
  // The user may have committed while the run waited.
  const head = (await readRef(root, 'HEAD')) ?? plan.repository.head;
  const base = before?.base ?? (request.mode === 'fresh' ? head : await baseOf(plan, branch, last?.id, head));
  const late = resumed || request.mode === 'fresh' ? [] : await lateStories(plan, last, base);
  try {
    await journal.record('prd.started', {
      status: 'running',
      total_stories: plan.prd.stories.length,
      title: plan.prd.title,
      root,
      path: plan.prdPath,
      branch,
      base,
      agent: plan.agent.name,
      gates: plan.gates.map((gate) => gate.name),
      workers: plan.config.workers,
      policy: plan.config.proof,
      resumed,
      stories: plan.prd.stories.map((story) => ({
        story_id: story.id,
        title: story.title,
        ...(story.description !== '' && { description: story.description }),
        priority: story.priority,
        depends_on: [...story.dependsOn],
        criteria: story.criteria.map((criterion) => ({ ac_index: criterion.index, ac_text: criterion.text })),
        passes: story.passes || late.includes(story.id),
      })),
    });
    for (const id of late) await status.write(id);
  } catch (error) {
    if (error instanceof JournalLost) return err(endOf(journal, control));
    throw error;
  }
  const guard = await SettingsGuard.open(plan, run.gitSettings);
  const settlement = { plan, runId, run, journal, status, guard, branch, term: ownership.term, fence: fence.value };
  failpoint('coordinator.run-started');
  return ok({ settlement, journal });
}

/** Waits until not too many runs go on; the error is the end of a run that was stopped before. */
async function takeTurn(
  plan: RunPlan,
  queue: RunQueue,
  journal: RunJournal,
  control: Control,
): Promise<Result<void, RunEnd>> {
  const { config, prd, repository, prdPath } = plan;
  try {
    const ahead = await queue.ahead();
    if (ahead >= config.maxRuns) {
      const where = { title: prd.title, root: repository.root, path: prdPath };
      await journal.record('prd.queued', { ...where, ahead });
    }
    if (await queue.turn(config.maxRuns, control.stopping)) return ok(undefined);
    if (control.stopReason === 'cancel') await journal.record('prd.cancelled', {});
    else await journal.record('prd.stopped', { reason: 'Stopped before its turn came' });
  } catch (error) {
    if (!(error instanceof JournalLost)) throw error;
  }
  return err(endOf(journal, control));
}

function stopAfter(seconds: number, control: Control, clock: Clock): Disposable {
  return clock.after(seconds * 1_000, () => {
    control.stop('run-timeout');
  });
}

function foldEvents(events: readonly Envelope[]): RunState | undefined {
  const [first] = events;
  if (!first) return undefined;
  const state = emptyRun(first, false);
  for (const event of events) fold(state, event);
  return state;
}

function diskFull(plan: RunPlan): string {
  return `The disk of ${plan.paths.state} is full. Make room and go on with: storyloop run ${plan.prdPath}`;
}

async function blocked(journal: RunJournal, message: string): Promise<RunEnd> {
  await journal.record(
    'error.occurred',
    { error: message, error_type: 'environment', retryable: true },
    { severity: 'error' },
  );
  await journal.record('prd.stopped', { reason: message });
  return { kind: 'blocked', message };
}

function endOf(journal: RunJournal, control: Control): RunEnd {
  switch (control.stopReason) {
    case 'lost':
      return { kind: 'lost' };
    case 'journal':
      return { kind: 'blocked', message: 'The journal could not be written; see the disk. The run can be resumed.' };
    case 'stop':
    case 'cancel':
    case 'signal':
    case 'run-timeout':
    case undefined:
      return { kind: endKind(journal.state), state: journal.state };
  }
}

/** Who asks to stop in the run's last moment asks too late. */
function endKind(state: RunState): 'completed' | 'unfinished' | 'waiting' | 'stopped' {
  const { status, statusReason } = state;
  if (status === 'completed') return 'completed';
  if (status === 'failed') return 'unfinished';
  return statusReason !== undefined && statusReason === waitingText(state) ? 'waiting' : 'stopped';
}
