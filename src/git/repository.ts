import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';

export interface Repository {
  /** Canonical root of the checkout that the PRD is in. */
  readonly root: string;
  /** Canonical `git rev-parse --git-common-dir`. */
  readonly commonDir: string;
  /** Commit of HEAD. */
  readonly head: string;
  /** Who the user is to git, as variables for it: an agent may change the configuration meanwhile. */
  readonly identity: Readonly<Record<string, string>>;
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
  const cwd = await folderOf(at);
  if (cwd === undefined) return problem('not-a-repository', `${at} does not exist.`);

  const commonDir = await git(cwd, ['rev-parse', '--path-format=absolute', '--git-common-dir']);
  if (!commonDir.ok) return notARepository(cwd, commonDir.error);
  const root = await git(cwd, ['rev-parse', '--path-format=absolute', '--show-toplevel']);
  if (!root.ok) {
    return problem('bare', `${cwd} has no working tree: it is a bare repository or lies in .git. Use a normal clone.`);
  }
  const head = await git(cwd, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']);
  if (!head.ok) {
    return problem(
      'no-commits',
      `The repository ${line(root.value)} has no commits yet. Commit what is there first: run "git add -A" and then "git commit".`,
    );
  }
  const identity: Record<string, string> = {};
  for (const role of ['GIT_AUTHOR', 'GIT_COMMITTER']) {
    // A name that git would guess from the machine's is not the user's.
    const known = await git(cwd, ['-c', 'user.useConfigOnly=true', 'var', `${role}_IDENT`]);
    if (known.ok) {
      const [, name = '', email = ''] = /^(.*) <(.*)> /.exec(known.value) ?? [];
      Object.assign(identity, { [`${role}_NAME`]: name, [`${role}_EMAIL`]: email });
    } else {
      return problem(
        'no-identity',
        'git does not know who you are, and commits need an author. Run: git config --global user.name "Your name" and git config --global user.email "you@example.com"',
      );
    }
  }
  return ok({
    root: await realpath(line(root.value)),
    commonDir: await realpath(line(commonDir.value)),
    head: line(head.value),
    identity,
  });
}

/**
 * What git is in the middle of that has taken HEAD away from where the user works; undefined: nothing. (A merge or a
 * cherry-pick has not moved HEAD.)
 */
export async function underWay(root: string): Promise<'rebase' | 'am' | 'bisect' | undefined> {
  const files = ['rebase-merge', 'rebase-apply', 'BISECT_LOG', 'rebase-apply/applying'];
  const paths = await git(root, [
    'rev-parse',
    '--path-format=absolute',
    ...files.flatMap((file) => ['--git-path', file]),
  ]);
  if (!paths.ok) return undefined;
  const there = await Promise.all(
    paths.value
      .trimEnd()
      .split('\n')
      .map(async (file) => (await stat(file).catch(() => undefined)) !== undefined),
  );
  if (there[3]) return 'am';
  if (there[0] || there[1]) return 'rebase';
  return there[2] ? 'bisect' : undefined;
}

/** Whether the checkout has other repositories in it, which no worktree of it has. */
export async function hasSubmodules(root: string): Promise<boolean> {
  return (await stat(path.join(root, '.gitmodules')).catch(() => undefined)) !== undefined;
}

/** git's answer of one line; only its own newline is taken off, since a path may end in one. */
export function line(stdout: string): string {
  return stdout.replace(/\r?\n$/, '');
}

async function folderOf(at: string): Promise<string | undefined> {
  try {
    return (await stat(at)).isDirectory() ? at : path.dirname(at);
  } catch {
    return undefined;
  }
}

function notARepository(cwd: string, failure: GitFailure): Result<never, RepositoryProblem> {
  if (failure.kind === 'not-installed') {
    return problem('git-missing', 'git was not found on the PATH. Install git 2.31 or newer (https://git-scm.com).');
  }
  if (failure.stderr.includes('not a git repository')) {
    return problem(
      'not-a-repository',
      `${cwd} is not in a git repository. Run "git init", then commit what is there with "git add -A" and "git commit".`,
    );
  }
  return problem('not-a-repository', `git cannot use ${cwd}: ${failure.stderr.trim()}`);
}

function problem(kind: RepositoryProblem['kind'], message: string): Result<never, RepositoryProblem> {
  return err({ kind, message });
}
