import { randomBytes } from 'node:crypto';
import { readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';
import { err, ok, type Result } from '../primitives/result.js';
import { writeAtomically } from './atomicFile.js';
import type { UserPaths } from './paths.js';
import { makePrivateFolder, readPrivate } from './privateFile.js';

const keepSpentMs = 24 * 60 * 60 * 1000;

/**
 * A launch ticket: what VS Code hands to the coordinator that it starts in a terminal. Single use: when VS Code itself
 * runs the terminal's command again (process revive), the ticket is spent and nothing starts twice. Answers its id.
 */
export async function writeTicket(user: UserPaths, content: object): Promise<string> {
  await makePrivateFolder(user.tickets, user.tickets);
  await sweep(user.tickets);
  const id = randomBytes(16).toString('hex');
  await writeAtomically(path.join(user.tickets, id), JSON.stringify(content));
  return id;
}

/** Takes a ticket by renaming it; the second taker gets `spent`, and so does who made one up. */
export async function takeTicket(user: UserPaths, id: string): Promise<Result<unknown, 'spent'>> {
  if (!/^[0-9a-f]{32}$/.test(id)) return err('spent');
  const spent = path.join(user.tickets, `${id}.spent`);
  try {
    await rename(path.join(user.tickets, id), spent);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return err('spent');
    throw error;
  }
  return ok(JSON.parse((await readPrivate(spent)) ?? 'null'));
}

/** A spent ticket is kept for a while only for who looks why nothing started. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const file = path.join(folder, name);
    if (!name.endsWith('.spent')) continue;
    const written = await stat(file).catch(() => undefined);
    if (written && Date.now() - written.mtimeMs > keepSpentMs) await unlink(file).catch(() => {});
  }
}
