import { JournalLost } from '../journal/runJournal.js';
import type { Clock } from '../primitives/clock.js';
import { Disposables } from '../primitives/disposables.js';
import { failpoint } from '../primitives/failpoint.js';
import { isDiskFull } from '../records/durability.js';
import type { Control } from './control.js';
import { openRun } from './openRun.js';
import { ownRun } from './ownRun.js';
import { recover } from './recover.js';
import { blocked, diskFull, endOf, endUntold, lossOf, type RunEnd } from './runEnd.js';
import type { RunRequest } from './runRequest.js';
import { runStories } from './runStories.js';

/** Executes a PRD: owns it, finds out how far it is, goes on from there, until its stories are done or it has to end. */
export async function executeRun(request: RunRequest): Promise<RunEnd> {
  await using resources = new Disposables();
  const owned = await ownRun(request);
  if (!owned.ok) return owned.error;
  const { plan, control, clock } = request;
  const ownership = resources.use(owned.value.ownership);
  failpoint('coordinator.owner');
  if (ownership.lost.aborted) return { kind: 'lost' };
  ownership.lost.addEventListener('abort', () => {
    control.stop('lost');
  });

  try {
    const opened = await openRun(request, owned.value, resources);
    if (!opened.ok) return opened.error;
    const settlement = opened.value;
    const { journal } = settlement;
    const recovered = await recover(settlement);
    failpoint('coordinator.recovered');
    if (!recovered.ok) return await blocked(journal, recovered.error);
    if (plan.config.runTimeout > 0) resources.use(stopAfter(plan.config.runTimeout, control, clock));
    const end = await runStories(settlement, control, clock);
    if (end.kind === 'waiting') return { kind: 'waiting', state: journal.state };
    if (end.kind === 'blocked') {
      const told = await blocked(journal, end.message);
      await settlement.guard.accept();
      return told;
    }
    return endOf(journal, control);
  } catch (error) {
    if (error instanceof JournalLost) return endUntold(lossOf(error.failure));
    if (isDiskFull(error)) return { kind: 'blocked', message: diskFull(plan) };
    throw error;
  }
}

function stopAfter(seconds: number, control: Control, clock: Clock): Disposable {
  return clock.after(seconds * 1_000, () => {
    control.stop('run-timeout');
  });
}
