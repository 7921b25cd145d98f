import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import { writeAtomically } from './atomicFile.js';
import type { UserPaths } from './paths.js';
import { makePrivateFolder, readPrivate, UnsafeFile } from './privateFile.js';

const approvalsSchema = z.object({ v: z.literal(1), sha256: z.array(z.string()) });

/** Which of a repository's command texts a person has not seen yet. */
export async function unapproved(user: UserPaths, projectId: string, texts: readonly string[]): Promise<string[]> {
  const approved = new Set(await read(user, projectId));
  return texts.filter((text) => !approved.has(sha256(text)));
}

/** Remembers (as SHA-256) that a person saw these texts and agreed. */
export async function approve(user: UserPaths, projectId: string, texts: readonly string[]): Promise<void> {
  await makePrivateFolder(user.approvals, user.approvals);
  const hashes = new Set([...(await read(user, projectId)), ...texts.map(sha256)]);
  await writeAtomically(fileOf(user, projectId), JSON.stringify({ v: 1, sha256: [...hashes] }));
}

/** Nothing for a file that does not parse, or that somebody else could have written: then a person is asked again. */
async function read(user: UserPaths, projectId: string): Promise<readonly string[]> {
  try {
    return (
      approvalsSchema.safeParse(JSON.parse((await readPrivate(fileOf(user, projectId))) ?? 'null')).data?.sha256 ?? []
    );
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof UnsafeFile) return [];
    throw error;
  }
}

function fileOf(user: UserPaths, projectId: string): string {
  return path.join(user.approvals, `${projectId}.json`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
