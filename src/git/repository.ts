import type { Result } from '../primitives/result.js';

export interface Repository {
  /** Canonical root of the checkout that the PRD is in. */
  readonly root: string;
  /** Canonical `git rev-parse --git-common-dir`. */
  readonly commonDir: string;
  /** Commit of HEAD. */
  readonly head: string;
}

/** What makes a run impossible here, each with a remedy in words. */
export type RepositoryProblem =
  | { readonly kind: 'git-missing'; readonly message: string }
  | { readonly kind: 'not-a-repository'; readonly message: string }
  | { readonly kind: 'bare'; readonly message: string }
  | { readonly kind: 'no-commits'; readonly message: string }
  | { readonly kind: 'no-identity'; readonly message: string };

/** Finds the repository of a file or folder and checks that a run can work in it, before anything is touched. */
export async function openRepository(at: string): Promise<Result<Repository, RepositoryProblem>> {
  await Promise.resolve();
  throw new Error(`stub ${at}`);
}
