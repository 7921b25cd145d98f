import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { git, gitFailure, type GitFailure } from './git.js';
import { line } from './repository.js';

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

/**
 * Raises the fence to `term` (a blob that says so). After this no older term can move a ref. Answers the fence's oid.
 * Refused when the fence names a higher term.
 */
export async function raiseFence(cwd: string, prdId: string, term: number): Promise<Result<string, GitFailure>> {
  const ref = fenceRef(prdId);
  const fence = await git(cwd, ['hash-object', '-w', '--stdin'], { input: `term ${term}\n` });
  if (!fence.ok) return fence;
  const oid = line(fence.value);
  for (;;) {
    const present = await resolve(cwd, ref);
    const refused = present === undefined ? undefined : await refusal(cwd, ref, present, term);
    if (refused) return err(refused);
    const raised = await transaction(cwd, [update({ ref, to: oid, from: present }, oid)]);
    if (raised.ok) return ok(oid);
    // Another term was quicker: who is higher decides, not who is first.
    if ((await resolve(cwd, ref)) === present) return raised;
  }
}

async function refusal(cwd: string, ref: string, present: string, term: number): Promise<GitFailure | undefined> {
  const text = await git(cwd, ['cat-file', 'blob', present]);
  const holder = text.ok ? /^term (\d+)\n$/.exec(text.value)?.[1] : undefined;
  if (holder === undefined) return gitFailure(['update-ref', ref], `${ref} is not a fence of Storyloop`);
  if (Number(holder) <= term) return undefined;
  return gitFailure(['update-ref', ref], `${ref} is held by term ${holder}; term ${term} is over`);
}

/** Moves refs in one git transaction that also verifies the fence: all of them, or none. */
export async function updateRefs(
  cwd: string,
  fence: { readonly ref: string; readonly oid: string },
  updates: readonly RefUpdate[],
): Promise<Result<void, GitFailure>> {
  const damaged = updates.find(({ ref }) => ref.includes('\0'));
  if (damaged) return err(gitFailure(['update-ref', damaged.ref], 'A ref name cannot hold a NUL character'));
  return transaction(cwd, [`verify ${fence.ref}\0${fence.oid}\0`, ...updates.map((moved) => update(moved, fence.oid))]);
}

/** The commit a ref points at, if it exists. */
export async function readRef(cwd: string, ref: string): Promise<string | undefined> {
  return resolve(cwd, `${ref}^{commit}`);
}

async function resolve(cwd: string, revision: string): Promise<string | undefined> {
  const found = await git(cwd, ['rev-parse', '--verify', '--quiet', '--end-of-options', revision]);
  return found.ok ? line(found.value) : undefined;
}

async function transaction(cwd: string, commands: readonly string[]): Promise<Result<void, GitFailure>> {
  const input = ['start\0', ...commands, 'prepare\0', 'commit\0'].join('');
  const running = git(cwd, ['update-ref', '--no-deref', '--stdin', '-z'], { input });
  failpoint('git.transaction-running');
  const done = await running;
  return done.ok ? ok(undefined) : done;
}

/** `sample`: any oid of the repository, for the length of its zero oid, which says that the ref must not exist. */
function update({ ref, to, from }: RefUpdate, sample: string): string {
  return `update ${ref}\0${to}\0${from ?? '0'.repeat(sample.length)}\0`;
}
