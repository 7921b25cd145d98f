import type { Envelope } from '../events/envelope.js';
import { raiseFence, readRef } from '../git/fencedRefs.js';
import { gitText } from '../git/git.js';
import { DiskRoom } from '../journal/diskRoom.js';
import { JournalWriter } from '../journal/journalWriter.js';
import { readJournal } from '../journal/readJournal.js';
import { Reserve } from '../journal/reserve.js';
import { RunJournal, type RunJournalListener } from '../journal/runJournal.js';
import type { RunPlan } from '../plan/plan.js';
import type { Disposables } from '../primitives/disposables.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { reap } from '../processes/guarded.js';
import { currentHolder } from '../session/holder.js';
import { Inbox, type Intent } from '../session/inbox.js';
import { registerProject } from '../session/projects.js';
import { RunQueue } from '../session/runQueue.js';
import { emptyRun, fold } from '../state/fold.js';
import type { RunState } from '../state/runState.js';
import { baseOf, freshBranch } from './branches.js';
import type { Control } from './control.js';
import { headElsewhere, type Owned } from './ownRun.js';
import { lateStories, PrdStatus } from './prdStatus.js';
import { blocked, diskFull, endOf, lossOf, type RunEnd } from './runEnd.js';
import type { RunRequest } from './runRequest.js';
import { SettingsGuard } from './settingsGuard.js';
import type { Settlement } from './settle.js';
import { takeIntent } from './takeIntent.js';

/** Reaps what an older term left, fences it out of git and the journal, and opens this term's journal and inbox. */
export async function openRun(
  request: RunRequest,
  { ownership, runId, resumed, last }: Owned,
  resources: Disposables,
): Promise<Result<Settlement, RunEnd>> {
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
    onLost: (failure) => {
      control.stop(lossOf(failure));
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
  const guard = await SettingsGuard.open(plan, run.gitSettings);
  const settlement = { plan, runId, run, journal, status, guard, branch, term: ownership.term, fence: fence.value };
  failpoint('coordinator.run-started');
  return ok(settlement);
}

/** Waits until not too many runs go on; the error is the end of a run that was stopped before. */
async function takeTurn(
  plan: RunPlan,
  queue: RunQueue,
  journal: RunJournal,
  control: Control,
): Promise<Result<void, RunEnd>> {
  const { config, prd, repository, prdPath } = plan;
  const ahead = await queue.ahead();
  if (ahead >= config.maxRuns) {
    const where = { title: prd.title, root: repository.root, path: prdPath };
    await journal.record('prd.queued', { ...where, ahead });
  }
  if (await queue.turn(config.maxRuns, control.stopping)) return ok(undefined);
  if (control.stopReason === 'cancel') await journal.record('prd.cancelled', {});
  else await journal.record('prd.stopped', { reason: 'Stopped before its turn came' });
  return err(endOf(journal, control));
}

function foldEvents(events: readonly Envelope[]): RunState | undefined {
  const [first] = events;
  if (!first) return undefined;
  const state = emptyRun(first, false);
  for (const event of events) fold(state, event);
  return state;
}
