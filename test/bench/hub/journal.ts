// A coordinator's side: appends to the journal of a run, one event at a time, at a given pace.
import path from 'node:path';
import { JournalWriter } from '../../../src/journal/journalWriter.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { currentHolder } from '../../../src/session/holder.js';
import { Ownership } from '../../../src/session/ownership.js';
import { ProjectPaths, UserPaths } from '../../../src/session/paths.js';
import { registerProject } from '../../../src/session/projects.js';
import { nowMicros, stamp } from './stamp.js';

export interface JournalOrder {
  readonly append: { readonly rate: number; readonly seconds: number };
}

const [home = '', repository = '', run = ''] = process.argv.slice(2);
const prdId = `repo-prd-${run}`;
const project = { id: 'bench-000001', root: repository, common_dir: path.join(repository, '.git') };
const paths = new ProjectPaths(project.common_dir);

let journal: JournalWriter | undefined;
process.on('message', (order: JournalOrder) => void append(order.append));
void open();

async function open(): Promise<void> {
  const acquired = await Ownership.acquire({
    terms: paths.terms(prdId),
    lockFile: paths.lock(prdId),
    holder: currentHolder('bench', run),
    waitMs: 0,
    clock: systemClock,
    logger: silentLogger,
  });
  if (!acquired.ok) throw new Error('The PRD is held');
  const { value: ownership } = acquired;
  const identity = { runId: run, prdId, project: project.id, term: ownership.term, lastSeq: 0 };
  journal = await JournalWriter.create(paths.run(run), identity, () => ownership.isCurrent(), systemClock);
  await ownership.accept({});
  await registerProject(new UserPaths(home), project);
  process.send?.({ ready: true });
}

async function append({ rate, seconds }: JournalOrder['append']): Promise<void> {
  const start = nowMicros();
  const pending: Promise<unknown>[] = [];
  for (let next = 1; next <= rate * seconds;) {
    for (const due = ((nowMicros() - start) * rate) / 1e6; next <= due && next <= rate * seconds; next += 1) {
      pending.push(journal?.append('log.message', { level: 'info', message: stamp(next) }) ?? Promise.resolve());
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  process.send?.({ published: { count: rate * seconds, ms: (nowMicros() - start) / 1_000, ages: [] } });
}
