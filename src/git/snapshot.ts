import type { Result } from '../primitives/result.js';
import type { GitFailure } from './git.js';
import { line } from './repository.js';
import { withWorktreeGit, type RunGit } from './worktreeGit.js';

export interface SnapshotCommit {
  readonly commit: string;
  readonly tree: string;
  /** Paths that differ from the base. Empty: the attempt changed nothing. */
  readonly files: readonly string[];
}

/**
 * Makes one commit on `base` of everything a worktree holds now, committed by the agent or not (ignored files left
 * out), without touching its index, its HEAD or any ref. `keep` are paths that stay as they are in `base`, whatever
 * the worktree says: the PRD file. No hooks, no signing prompt.
 */
export function commitWorktree(options: {
  readonly worktree: string;
  readonly base: string;
  readonly keep: readonly string[];
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
  readonly scratch: string;
  /** Where its objects are written instead of into the repository. */
  readonly objects?: string;
  /** Who the commit is by, as git's variables. */
  readonly identity: Readonly<Record<string, string>>;
}): Promise<Result<SnapshotCommit, GitFailure>> {
  return withWorktreeGit(options, (run) => snapshot(run, options));
}

async function snapshot(run: RunGit, options: Parameters<typeof commitWorktree>[0]): Promise<SnapshotCommit> {
  const base = line(await run(['rev-parse', '--verify', '--end-of-options', `${options.base}^{commit}`]));
  await run(['read-tree', base]);
  await openNestedRepositories(run);
  await run(['-c', 'core.safecrlf=false', 'add', '--all', '--', '.']);
  for (const kept of options.keep) await restore(run, base, kept);
  const tree = line(await run(['write-tree']));
  const files = await run(['diff-tree', '-r', '-z', '--name-only', '--no-renames', base, tree]);
  const commit = await run(['-c', 'i18n.commitEncoding=UTF-8', 'commit-tree', tree, '-p', base, '-F', '-'], {
    input: messageWithTrailers(options.message, options.trailers),
    env: options.identity,
  });
  return { commit: line(commit), tree, files: files.split('\0').filter((file) => file !== '') };
}

/**
 * A repository that an agent made inside the worktree would go in as a commit that nobody else has, or stop git when it
 * has none. A folder with an entry in the index is taken for what it is, a folder with files: the entry is made up, and
 * `add --all` takes it out again because no such file exists.
 */
async function openNestedRepositories(run: RunGit): Promise<void> {
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
async function restore(run: RunGit, base: string, kept: string): Promise<void> {
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
