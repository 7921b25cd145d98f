import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';
import { line } from './repository.js';
import { withWorktreeGit, type RunGit, type WorktreeFiles } from './worktreeGit.js';

/** For a diff that leaves nothing out: `.gitmodules` can hide a repository. */
export const WHOLE = ['--no-renames', '--ignore-submodules=none'];

/** Everything a worktree holds, as a tree. */
export interface WorktreeTree {
  readonly tree: string;
  /** Paths that differ from the base. Empty: the attempt changed nothing. */
  readonly files: readonly string[];
}

export interface SnapshotCommit extends WorktreeTree {
  readonly commit: string;
  /** Its message, trailers included. */
  readonly message: string;
}

/**
 * `keep` are paths that stay as they are in the commit `base`, whatever the worktree says: the PRD file. `foreign` are paths
 * that are not in `base` and are left out: files that were put there for the attempt.
 */
export interface WorktreeContents extends WorktreeFiles {
  readonly base: string;
  readonly keep: readonly string[];
  readonly foreign: readonly string[];
}

/**
 * Makes one commit on `base` of everything a worktree holds now, committed by the agent or not (ignored files left
 * out), without touching its index, its HEAD or any ref. No hooks, no signing prompt.
 */
export function commitWorktree(options: CommitOptions): Promise<Result<SnapshotCommit, GitFailure>> {
  return withWorktreeGit(options, (run) => snapshot(run, options));
}

interface CommitOptions extends WorktreeContents {
  readonly message: string;
  readonly trailers: Readonly<Record<string, string>>;
  /** Who the commit is by, as git's variables. */
  readonly identity: Readonly<Record<string, string>>;
}

async function snapshot(run: RunGit, options: CommitOptions): Promise<SnapshotCommit> {
  const { base, identity } = options;
  const { tree, files } = await addEverything(run, options);
  const message = messageWithTrailers(options.message, options.trailers);
  const commit = await run(commitTree({ tree, parent: base }), { input: message, env: identity });
  return { commit: line(commit), tree, files, message };
}

/** The same change as another tree on another parent, with the same message. */
export async function recommit(
  cwd: string,
  { message, files: before }: SnapshotCommit,
  {
    tree,
    parent,
    files = before,
  }: { readonly tree: string; readonly parent: string; readonly files?: readonly string[] },
  env: Readonly<Record<string, string>>,
): Promise<Result<SnapshotCommit, GitFailure>> {
  const made = await git(cwd, commitTree({ tree, parent }), { input: message, env });
  return made.ok ? ok({ commit: line(made.value), tree, files, message }) : made;
}

/** git's arguments for a commit whose message it reads. */
function commitTree({ tree, parent }: { readonly tree: string; readonly parent: string }): readonly string[] {
  return ['-c', 'i18n.commitEncoding=UTF-8', 'commit-tree', tree, '-p', parent, '-F', '-'];
}

/** Everything the worktree holds now, as a tree; nothing of it is touched. */
export function treeOfWorktree(contents: WorktreeContents): Promise<Result<WorktreeTree, GitFailure>> {
  return withWorktreeGit(contents, (run) => addEverything(run, contents));
}

/** Makes an index of everything that the worktree holds, committed or not. */
export async function addEverything(
  run: RunGit,
  contents: Pick<WorktreeContents, 'base' | 'keep' | 'foreign'>,
): Promise<WorktreeTree> {
  const isId = /^[0-9a-f]{40,64}$/.test(contents.base);
  const find = ['rev-parse', '--verify', '--end-of-options', `${contents.base}^{commit}`];
  const base = isId ? contents.base : line(await run(find));
  const { keep, foreign } = contents;
  const everything = await addAll(run, base);
  if (!touches(everything.files, [...keep, ...foreign])) return everything;
  for (const kept of keep) await restore(run, base, kept);
  if (foreign.length > 0) await leaveOut(run, base, foreign);
  return treeOfIndex(run, base);
}

/** What git says of a nested repository without a commit. */
const NO_COMMIT = /does not have a commit checked out/;

async function addAll(run: RunGit, base: string): Promise<WorktreeTree> {
  const add = async (): Promise<IndexTree> => {
    await run(['-c', 'core.safecrlf=false', 'add', '--all', '--', '.']);
    return treeOfIndex(run, base);
  };
  await run(['read-tree', base]);
  const added = await add().catch((error: unknown) => {
    if (!(error instanceof Error) || !NO_COMMIT.test(error.message)) throw error;
  });
  if (added?.holdsRepository === false) return added;
  await run(['read-tree', base]);
  await openNestedRepositories(run);
  return add();
}

interface IndexTree extends WorktreeTree {
  /** Whether a repository has come in that `base` does not name as a submodule. */
  readonly holdsRepository: boolean;
}

async function treeOfIndex(run: RunGit, base: string): Promise<IndexTree> {
  const tree = line(await run(['write-tree']));
  // `:100644 100644 <oid> <oid> M`, NUL, path, NUL for each file.
  const changes = (await run(['diff-tree', '-r', '-z', '--raw', ...WHOLE, base, tree])).split('\0');
  return {
    tree,
    files: changes.filter((part, index) => index % 2 === 1 && part !== ''),
    holdsRepository: changes.some((part, index) => index % 2 === 0 && /^:(?!160000)\d+ 160000 /.test(part)),
  };
}

/** Whether one of the files is one of the paths, lies in it, or is where its folder was. */
function touches(files: readonly string[], paths: readonly string[]): boolean {
  return files.some((file) =>
    paths.some((other) => file === other || file.startsWith(`${other}/`) || other.startsWith(`${file}/`)),
  );
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
  const input = removals(base, now.split('\0')) + before;
  await run(['update-index', '-z', '--index-info'], { input });
}

/** The same for paths that `base` does not have; what became a folder goes with all that is in it. */
async function leaveOut(run: RunGit, base: string, foreign: readonly string[]): Promise<void> {
  const paths = new Set(foreign);
  const isForeign = (file: string): boolean => [...parentsOf(file), file].some((path) => paths.has(path));
  const changed = await run(['diff-index', '--cached', '-z', '--name-only', ...WHOLE, base]);
  const input = removals(base, changed.split('\0').filter(isForeign));
  await run(['update-index', '-z', '--index-info'], { input });
}

/** `a/b/c` → `a`, `a/b`. */
function parentsOf(file: string): string[] {
  const parts = file.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Lines for `update-index --index-info` that take files out. */
function removals(base: string, files: readonly string[]): string {
  const absent = '0'.repeat(base.length);
  return files.flatMap((file) => (file === '' ? [] : [`0 ${absent}\t${file}\0`])).join('');
}

function messageWithTrailers(message: string, trailers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(trailers).map(([name, value]) => `${name}: ${value.replace(/\s+/g, ' ').trim()}\n`);
  return `${message.trimEnd()}\n${lines.length > 0 ? '\n' : ''}${lines.join('')}`;
}
