import { err, ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';

/** A file that differs between two commits. `from`: its name before, when it was renamed. */
export interface ChangedFile {
  readonly kind: 'added' | 'modified' | 'deleted' | 'renamed';
  readonly path: string;
  readonly from?: string;
}

/** One line that is only in the newer (`added`) or only in the older commit (`removed`). */
export interface ChangedLine {
  readonly side: 'added' | 'removed';
  readonly path: string;
  readonly text: string;
}

export interface Changes {
  readonly files: readonly ChangedFile[];
  readonly lines: readonly ChangedLine[];
}

/**
 * What differs between two commits: all files, and the lines of those with one of `extensions`. Nothing that the
 * repository configures has a say: attributes that hide a file from diffs, other diff programs, prefixes.
 */
export async function changesBetween(
  cwd: string,
  base: string,
  commit: string,
  extensions: readonly string[],
): Promise<Result<Changes, GitFailure>> {
  const diff = ['diff-tree', '-r', '--no-ext-diff', '--no-textconv', '--no-color', '--ignore-submodules=none'];
  const names = await git(cwd, [...diff, '-z', '--name-status', '--find-renames', base, commit]);
  if (!names.ok) return names;
  const files = parseNames(names.value);
  const hasLines = files.some(({ path, from = path }) =>
    extensions.some((extension) => [path, from].some((file) => file.toLowerCase().endsWith(`.${extension}`))),
  );
  if (!hasLines) return ok({ files, lines: [] });
  const patch = await git(cwd, [
    ...['-c', 'core.quotePath=false', ...diff],
    // Both sides of what was renamed; what only moved is the same on both.
    ...['-p', '--unified=0', '--text', '--no-renames', '--src-prefix=a/', '--dst-prefix=b/', base, commit, '--'],
    ...extensions.map((extension) => `:(top,icase)*.${extension}`),
  ]);
  return patch.ok ? ok({ files, lines: parsePatch(patch.value) }) : patch;
}

/** The text of a file in a commit; undefined when it is not there. */
export async function fileIn(
  cwd: string,
  commit: string,
  path: string,
): Promise<Result<string | undefined, GitFailure>> {
  const listed = await git(cwd, ['ls-tree', '-z', '--full-tree', commit, '--', `:(top,literal)${path}`]);
  if (!listed.ok) return err(listed.error);
  const [, type, oid] = listed.value.split('\t', 1)[0]?.split(' ') ?? [];
  return type === 'blob' && oid !== undefined ? git(cwd, ['cat-file', 'blob', oid]) : ok(undefined);
}

/** Paths of all files in a commit. */
export async function filesIn(cwd: string, commit: string): Promise<Result<readonly string[], GitFailure>> {
  const listed = await git(cwd, ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit]);
  return listed.ok ? ok(listed.value.split('\0').filter((path) => path !== '')) : listed;
}

/** Of `diff-tree -z --name-status`: status, NUL, path, NUL; a renamed file has two paths. */
export function parseNames(names: string): ChangedFile[] {
  const parts = names.split('\0').values();
  const files: ChangedFile[] = [];
  for (const status of parts) {
    const path = parts.next().value;
    if (path === undefined) break;
    const to = status.startsWith('R') ? parts.next().value : undefined;
    if (to !== undefined) files.push({ kind: 'renamed', path: to, from: path });
    else files.push({ kind: status === 'A' ? 'added' : status === 'D' ? 'deleted' : 'modified', path });
  }
  return files;
}

/** Of `diff-tree -p --unified=0`. Lines are counted as the hunk says, so that none of them can pass for a header. */
export function parsePatch(patch: string): ChangedLine[] {
  const lines: ChangedLine[] = [];
  let before = '';
  let after = '';
  let removed = 0;
  let added = 0;
  for (const line of patch.split('\n')) {
    if (removed > 0 && line.startsWith('-')) {
      removed -= 1;
      lines.push({ side: 'removed', path: before, text: line.slice(1) });
    } else if (added > 0 && line.startsWith('+')) {
      added -= 1;
      lines.push({ side: 'added', path: after, text: line.slice(1) });
    } else if (line.startsWith('--- ')) {
      before = pathIn(line);
    } else if (line.startsWith('+++ ')) {
      after = pathIn(line);
    } else {
      const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
      if (hunk) [removed, added] = [Number(hunk[1] ?? 1), Number(hunk[2] ?? 1)];
    }
  }
  return lines;
}

/** Of `+++ b/path`, with a tab after a path with spaces, or `+++ "b/path"` with escapes. */
function pathIn(header: string): string {
  const name = header.slice('+++ '.length).replace(/\t$/, '');
  const plain = name.startsWith('"') ? name.slice(1, -1).replace(/\\(["\\])/g, '$1') : name;
  return plain.replace(/^[ab]\//, '');
}
