import { git } from '../git/git.js';
import { readRef, tipRef, type RefUpdate } from '../git/fencedRefs.js';
import { checkedOutBranches } from '../git/worktrees.js';
import type { RunPlan } from '../plan/plan.js';

export const branchRef = (branch: string): string => `refs/heads/${branch}`;

/** Whether and how the run branch can follow to `commit`. It never moves under somebody's feet, nor away from their commits. */
export type BranchMove =
  | { readonly kind: 'move'; readonly update: RefUpdate }
  | { readonly kind: 'there' }
  | { readonly kind: 'stays'; readonly why: string };

/** `parent`: what is known to come before `commit`. */
export async function branchMove(plan: RunPlan, branch: string, commit: string, parent?: string): Promise<BranchMove> {
  const cwd = plan.repository.root;
  const ref = branchRef(branch);
  const now = await readRef(cwd, ref);
  if (now === commit) return { kind: 'there' };
  const checkedOut = await checkedOutBranches(plan.repository);
  if (!checkedOut.ok) return { kind: 'stays', why: checkedOut.error.stderr };
  if (checkedOut.value.has(ref)) return { kind: 'stays', why: `${branch} is checked out` };
  const follows = now === undefined || now === parent || (await isAncestor(cwd, now, commit));
  if (!follows) {
    return { kind: 'stays', why: `${branch} has commits of its own` };
  }
  return { kind: 'move', update: { ref, to: commit, from: now } };
}

export async function isAncestor(cwd: string, ancestor: string, commit: string): Promise<boolean> {
  return (await git(cwd, ['merge-base', '--is-ancestor', ancestor, commit])).ok;
}

/**
 * The commit a new run builds on: where the PRD's last run got, or the tip of the run branch when that has gone on from
 * there, else `head`, the user's.
 */
export async function baseOf(
  plan: RunPlan,
  branch: string,
  lastRun: string | undefined,
  head: string,
): Promise<string> {
  const cwd = plan.repository.root;
  const branchTip = await readRef(cwd, branchRef(branch));
  if (branchTip === undefined) return head;
  const lastTip = lastRun === undefined ? undefined : await readRef(cwd, tipRef(lastRun));
  return lastTip !== undefined && (await isAncestor(cwd, branchTip, lastTip)) ? lastTip : branchTip;
}

/** `<branch>-2`, `-3`, …: the first that does not exist. */
export async function freshBranch(plan: RunPlan): Promise<string> {
  for (let number = 2; ; number += 1) {
    const branch = `${plan.branch}-${number}`;
    if ((await readRef(plan.repository.root, branchRef(branch))) === undefined) return branch;
  }
}
