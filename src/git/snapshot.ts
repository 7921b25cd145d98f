import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../primitives/result.js';
import { git, type GitFailure, type GitOptions } from './git.js';
import { line } from './repository.js';

export interface SnapshotCommit {
  readonly commit: string;
  readonly tree: string;
  /** Paths that differ from the base. Empty: the attempt changed nothing. */
  readonly files: readonly string[];
}

/**
 * Makes one commit on `base` of everything a worktree holds now, committed by the agent or not (ignored files left
 * out), without touching its index, its HEAD or any ref. `keep` are paths that stay as they are in `base`, whatever
 * the worktree says: the PRD file. `scratch` is a folder for the temporary index, which a kill leaves there. Author and committer are the user's; no hooks, no signing prompt.
 */
export async function commitWorktree(options: {
  readonly worktree: string;
  readonly base: string;
  readonly keep: readonly string[];
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
  readonly scratch: string;
}): Promise<Result<SnapshotCommit, GitFailure>> {
  await mkdir(options.scratch, { recursive: true, mode: 0o700 });
  const temporary = await mkdtemp(path.join(options.scratch, 'index-'));
  try {
    const run = await gitOfWorktree(options.worktree, path.join(temporary, 'index'));
    return ok(await snapshot(run, options));
  } catch (error) {
    if (error instanceof Refused) return err(error.failure);
    throw error;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Runs git on the worktree's files with the temporary index; throws what git refuses, so that the steps read in order. */
type Run = (args: readonly string[], options?: GitOptions) => Promise<string>;

class Refused extends Error {
  constructor(readonly failure: GitFailure) {
    super(failure.stderr);
  }
}

function accepted(result: Result<string, GitFailure>): string {
  if (!result.ok) throw new Refused(result.error);
  return result.value;
}

/**
 * The repository is found from the folder above and named outright: the worktree's own `.git`, HEAD and index are the
 * agent's to break. Nothing is asked of them.
 */
async function gitOfWorktree(worktree: string, indexFile: string): Promise<Run> {
  const find = ['rev-parse', '--path-format=absolute', '--git-common-dir'];
  const commonDir = line(accepted(await git(path.dirname(worktree), find)));
  return async (args, options = {}) =>
    accepted(
      await git(worktree, [`--git-dir=${commonDir}`, `--work-tree=${worktree}`, ...args], { ...options, indexFile }),
    );
}

async function snapshot(run: Run, options: Parameters<typeof commitWorktree>[0]): Promise<SnapshotCommit> {
  const base = line(await run(['rev-parse', '--verify', '--end-of-options', `${options.base}^{commit}`]));
  await run(['read-tree', base]);
  await openNestedRepositories(run);
  await run(['-c', 'core.safecrlf=false', 'add', '--all', '--', '.']);
  for (const kept of options.keep) await restore(run, base, kept);
  const tree = line(await run(['write-tree']));
  const files = await run(['diff-tree', '-r', '-z', '--name-only', '--no-renames', base, tree]);
  const commit = await run(['-c', 'i18n.commitEncoding=UTF-8', 'commit-tree', tree, '-p', base, '-F', '-'], {
    input: messageWithTrailers(options.message, options.trailers),
  });
  return { commit: line(commit), tree, files: files.split('\0').filter((file) => file !== '') };
}

/**
 * A repository that an agent made inside the worktree would go in as a commit that nobody else has, or stop git when it
 * has none. A folder with an entry in the index is taken for what it is, a folder with files: the entry is made up, and
 * `add --all` takes it out again because no such file exists.
 */
async function openNestedRepositories(run: Run): Promise<void> {
  const opened = new Set<string>();
  for (;;) {
    const untracked = (await run(['ls-files', '--others', '--exclude-standard', '-z'])).split('\0');
    const closed = untracked.filter((entry) => entry.endsWith('/') && !opened.has(entry));
    if (closed.length === 0) return;
    const empty = line(await run(['hash-object', '-w', '--stdin']));
    const entries = closed.map((folder) => `100644 ${empty}\t${folder}.storyloop-nested\0`);
    await run(['update-index', '-z', '--index-info'], { input: entries.join('') });
    for (const folder of closed) opened.add(folder);
  }
}

/** Makes `kept` in the index what it is in `base`: the same, or absent. */
async function restore(run: Run, base: string, kept: string): Promise<void> {
  const now = await run(['ls-files', '-z', '--', `:(top,literal)${kept}`]);
  const before = await run(['ls-tree', '-r', '-z', '--full-tree', base, '--', kept]);
  const absent = '0'.repeat(base.length);
  const removals = now.split('\0').filter((file) => file !== '');
  const input = removals.map((file) => `0 ${absent}\t${file}\0`).join('') + before;
  await run(['update-index', '-z', '--index-info'], { input });
}

function messageWithTrailers(message: string, trailers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value.replace(/\s+/g, ' ').trim()}\n`);
  return `${message.trimEnd()}\n${lines.length > 0 ? '\n' : ''}${lines.join('')}`;
}
