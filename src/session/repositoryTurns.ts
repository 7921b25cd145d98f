import { Sequence } from '../primitives/sequence.js';
import { unlessAborted } from '../primitives/unlessAborted.js';
import { ProjectPaths } from './paths.js';
import { TurnTicket } from './turnTicket.js';

/** What is done by one at a time in a repository, whatever processes work there. */
export type TurnOf = 'worktrees' | 'hooks';

const queues = new Map<string, Sequence>();

/** Runs `action` in its turn: those of one process in the order in which they came, processes in that of their tickets. */
export function inTurn<T>(commonDir: string, of: TurnOf, action: () => Promise<T>): Promise<T>;
/** Undefined when `signal` was aborted before its turn came. */
export function inTurn<T>(
  commonDir: string,
  of: TurnOf,
  action: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined>;
export async function inTurn<T>(
  commonDir: string,
  of: TurnOf,
  action: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const project = new ProjectPaths(commonDir);
  const folder = project.turns(of);
  const queue = queues.get(folder) ?? new Sequence();
  queues.set(folder, queue);
  let hasBegun = false;
  const turn = queue.run(async () => {
    if (signal?.aborted) return undefined;
    await using ticket = await TurnTicket.draw(project.state, folder);
    await ticket?.turn(signal);
    if (signal?.aborted) return undefined;
    hasBegun = true;
    return await action();
  });
  if (!signal) return turn;
  return unlessAborted(turn, signal).then(() => (hasBegun ? turn : undefined));
}
