import type { Result } from '../primitives/result.js';
import type { GitFailure } from './git.js';

export interface RefUpdate {
  readonly ref: string;
  readonly to: string;
  /** Expected present value; undefined: the ref must not exist. */
  readonly from: string | undefined;
}

/** `refs/storyloop/fence/<prd>`: names the term that may move this PRD's refs. */
export const fenceRef = (prdId: string): string => `refs/storyloop/fence/${prdId}`;
export const tipRef = (runId: string): string => `refs/storyloop/${runId}/tip`;
export const attemptRef = (runId: string, storyId: string, attempt: number): string =>
  `refs/storyloop/${runId}/${storyId}/${attempt}`;

/** Raises the fence to `term` (a blob that says so). After this no older term can move a ref. Answers the fence's oid. */
export async function raiseFence(cwd: string, prdId: string, term: number): Promise<Result<string, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${cwd} ${prdId} ${term}`);
}

/** Moves refs in one git transaction that also verifies the fence: all of them, or none. */
export async function updateRefs(
  cwd: string,
  fence: { readonly ref: string; readonly oid: string },
  updates: readonly RefUpdate[],
): Promise<Result<void, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${cwd} ${fence.ref} ${updates.length}`);
}

/** The commit a ref points at, if it exists. */
export async function readRef(cwd: string, ref: string): Promise<string | undefined> {
  await Promise.resolve();
  throw new Error(`stub ${cwd} ${ref}`);
}
