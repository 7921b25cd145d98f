import { cleanLock, listLocks } from '../session/ownership.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { findProject } from './project.js';

/** `storyloop locks` */
export async function showLocks(): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const locks = (await listLocks(project.value.state)).filter((lock) => lock.state !== 'released');
  if (locks.length === 0) process.stdout.write('No PRD of this repository is held.\n');
  for (const { prdId, holder, term, state, heartbeatAgeMs } of locks) {
    const age = heartbeatAgeMs === undefined ? '' : `, last heartbeat ${Math.round(heartbeatAgeMs / 1_000)} s ago`;
    process.stdout.write(
      `${prdId}: ${holder.role}, pid ${holder.pid} (${state}), term ${term}, since ${holder.since}${age}\n`,
    );
  }
  return ExitCode.done;
}

/** `storyloop locks clean`: a holder that is dead, or silent for `maxAgeMs`, can do nothing any more. */
export async function cleanLocks(maxAgeMs: number): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  let cleaned = 0;
  for (const lock of await listLocks(project.value.state)) {
    if (lock.state === 'released' || !(await cleanLock(project.value.state, lock.prdId, maxAgeMs))) continue;
    cleaned += 1;
    process.stdout.write(`${lock.prdId}: pid ${lock.holder.pid} is outlawed\n`);
  }
  if (cleaned === 0) process.stdout.write('Nothing to clean.\n');
  return ExitCode.done;
}
