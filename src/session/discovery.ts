import { randomBytes } from 'node:crypto';
import { readFile, unlink } from 'node:fs/promises';
import * as z from 'zod';
import { createOnce } from '../records/durability.js';
import { writeAtomically } from './atomicFile.js';
import { isProcessAlive } from './holder.js';
import type { UserPaths } from './paths.js';
import { makePrivateFolder, readPrivate, UnsafeFile } from './privateFile.js';

/** How clients find the hub: `hub.json`, mode 0600. */
export const discoverySchema = z.object({
  v: z.literal(1),
  host: z.string(),
  port: z.number().int().min(1).max(65_535),
  pid: z.number().int().positive(),
  start_time: z.string(),
  instance: z.string(),
  term: z.number().int().positive(),
  token: z.string().min(40),
});
export type Discovery = z.infer<typeof discoverySchema>;

/**
 * The user's token, made on first use (256 bit, base64url, 0600) and kept. Throws `UnsafeFile` when what is there was
 * open to others or is no token: it is a secret no more, and only the user knows what else it may be.
 */
export async function hubToken(user: UserPaths): Promise<string> {
  await makePrivateFolder(user.hub, user.hub);
  const made = newToken();
  if ((await readPrivate(user.token)) === undefined && (await createOnce(user.token, made))) return made;
  const token = await readPrivate(user.token);
  if (token === undefined || !/^[\w-]{43}$/.test(token))
    throw new UnsafeFile(`${user.token} holds no token; remove it`);
  return token;
}

/** Another token from now on. A hub that runs takes it at once, and the old one is worth nothing. */
export async function rotateToken(user: UserPaths): Promise<string> {
  await makePrivateFolder(user.hub, user.hub);
  const made = newToken();
  await writeAtomically(user.token, made);
  return made;
}

const newToken = (): string => randomBytes(32).toString('base64url');

export async function writeDiscovery(user: UserPaths, discovery: Discovery): Promise<void> {
  await makePrivateFolder(user.hub, user.hub);
  await writeAtomically(user.hubPort, String(discovery.port));
  await writeAtomically(user.discovery, JSON.stringify(discovery));
}

/** Where the last hub listened, whatever became of it. */
export async function lastHubPort(user: UserPaths): Promise<number | undefined> {
  const text = await readFile(user.hubPort, 'utf8').catch(() => '');
  return discoverySchema.shape.port.safeParse(Number(text)).data;
}

/**
 * The hub to talk to. Undefined when there is none, when the file is not the user's own (owner, mode, symlink), or
 * when the process it names is gone.
 */
export async function readDiscovery(user: UserPaths): Promise<Discovery | undefined> {
  const discovery = await readDiscoveryFile(user);
  return discovery && isProcessAlive(discovery.pid, discovery.start_time) ? discovery : undefined;
}

/** Removes the file if it still names `instance`. */
export async function removeDiscovery(user: UserPaths, instance: string): Promise<void> {
  if ((await readDiscoveryFile(user))?.instance === instance) await unlink(user.discovery);
}

async function readDiscoveryFile(user: UserPaths): Promise<Discovery | undefined> {
  try {
    return discoverySchema.safeParse(JSON.parse((await readPrivate(user.discovery)) ?? '')).data;
  } catch (error) {
    if (error instanceof UnsafeFile || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
