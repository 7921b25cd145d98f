import { z } from 'zod';
import type { UserPaths } from './paths.js';

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

/** The user's token, made on first use (256 bit, base64url, 0600) and kept. */
export async function hubToken(user: UserPaths): Promise<string> {
  await Promise.resolve();
  throw new Error(`stub ${user.home}`);
}

export async function writeDiscovery(user: UserPaths, discovery: Discovery): Promise<void> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${discovery.port}`);
}

/**
 * The hub to talk to. Undefined when there is none, when the file is not the user's own (owner, mode, symlink), or
 * when the process it names is gone.
 */
export async function readDiscovery(user: UserPaths): Promise<Discovery | undefined> {
  await Promise.resolve();
  throw new Error(`stub ${user.home}`);
}

/** Removes the file if it still names `instance`. */
export async function removeDiscovery(user: UserPaths, instance: string): Promise<void> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${instance}`);
}
