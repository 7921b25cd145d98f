import { createHash } from 'node:crypto';
import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';
import { WHOLE } from './snapshot.js';

/** What a commit changes, as far as two changes can be compared by it. */
export interface Change {
  /**
   * The same for two commits that bring the same files from the same content to the same content, whatever else their
   * bases hold. git's own patch id would not do: it takes what differs in white space only for the same.
   */
  readonly patch: string;
  /** Lines added and removed; a binary file counts as one. */
  readonly lines: number;
}

/** What `commit` changes in its parent. */
export async function changeOf(cwd: string, commit: string): Promise<Result<Change, GitFailure>> {
  const formats = ['--raw', '--numstat'];
  const args = ['diff-tree', '-r', '-z', '--no-commit-id', ...WHOLE, ...formats, '--end-of-options', commit];
  const diff = await git(cwd, args);
  if (!diff.ok) return diff;
  const parts = diff.value.split('\0');
  // `:100644 100644 <oid> <oid> M`, NUL, path, NUL for each file; only then the counts.
  const end = parts.findIndex((part, index) => index % 2 === 0 && !part.startsWith(':'));
  const counts = parts.slice(end).filter((part) => part !== '');
  return ok({
    patch: createHash('sha256').update(parts.slice(0, end).join('\0')).digest('hex').slice(0, 40),
    lines: counts.reduce((sum, file) => sum + linesOf(file), 0),
  });
}

/** `3<TAB>1<TAB>path`; both counts of a binary file are dashes. */
function linesOf(file: string): number {
  const [added = '', removed = ''] = file.split('\t');
  return added === '-' ? 1 : Number(added) + Number(removed);
}
