import { createHash } from 'node:crypto';
import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';

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
  const diff = (format: string) =>
    git(cwd, ['diff-tree', '-r', '-z', '--no-commit-id', '--no-renames', format, '--end-of-options', commit]);
  const [raw, counts] = await Promise.all([diff('--raw'), diff('--numstat')]);
  if (!raw.ok) return raw;
  if (!counts.ok) return counts;
  const files = counts.value.split('\0').filter((file) => file !== '');
  return ok({
    patch: createHash('sha256').update(raw.value).digest('hex').slice(0, 40),
    lines: files.reduce((sum, file) => sum + linesOf(file), 0),
  });
}

/** `3<TAB>1<TAB>path`; both counts of a binary file are dashes. */
function linesOf(file: string): number {
  const [added = '', removed = ''] = file.split('\t');
  return added === '-' ? 1 : Number(added) + Number(removed);
}
