import type { UserPaths } from './paths.js';

/** Which of a repository's command texts a person has not seen yet. */
export async function unapproved(user: UserPaths, projectId: string, texts: readonly string[]): Promise<string[]> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${projectId} ${texts.length}`);
}

/** Remembers (as SHA-256) that a person saw these texts and agreed. */
export async function approve(user: UserPaths, projectId: string, texts: readonly string[]): Promise<void> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${projectId} ${texts.length}`);
}
