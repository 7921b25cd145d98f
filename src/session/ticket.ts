import type { Result } from '../primitives/result.js';
import type { UserPaths } from './paths.js';

/**
 * A launch ticket: what VS Code hands to the coordinator that it starts in a terminal. Single use: when VS Code itself
 * runs the terminal's command again (process revive), the ticket is spent and nothing starts twice.
 */
export async function writeTicket(user: UserPaths, content: object): Promise<string> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${String(content)}`);
}

/** Takes a ticket by renaming it; the second taker gets `spent`. */
export async function takeTicket(user: UserPaths, id: string): Promise<Result<unknown, 'spent'>> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${id}`);
}
