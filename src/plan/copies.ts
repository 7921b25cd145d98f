import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { firstLink } from '../git/firstOnWay.js';
import { gitText } from '../git/git.js';
import { untrackedFiles } from '../git/untracked.js';
import { fixedPart } from '../prd/fileScope.js';
import { err, ok, type Result } from '../primitives/result.js';

/**
 * The files of a checkout that worktrees get a copy of, of those that `copy` names, as they are now. The error names
 * everything that cannot be copied, and says what to do.
 */
export async function filesToCopy(root: string, copy: readonly string[]): Promise<Result<readonly string[], string>> {
  if (copy.length === 0) return ok([]);
  const listed = await untrackedFiles(root, copy);
  if (!listed.ok) return err(gitText(listed.error));
  const files: string[] = [];
  const faults = new Set<string>();
  for (const name of [...copy.map(fixedInGit), ...listed.value]) {
    const link = await firstLink(root, name);
    if (link !== undefined) faults.add(`${link} is a symbolic link`);
  }
  for (const file of listed.value) {
    const stats = await lstat(path.join(root, file)).catch(() => undefined);
    if (stats?.isFile()) files.push(file);
    // A link is named already.
    else if (stats && !stats.isSymbolicLink()) faults.add(`${file} is no regular file`);
  }
  if (faults.size === 0) return ok(files);
  return err(`copy: ${[...faults].join('; ')}. Only regular files of the repository are copied; name others.`);
}

/** What is named without a wildcard and does not exist. */
export async function missingCopies(root: string, copy: readonly string[]): Promise<string[]> {
  const literal = copy.filter((glob) => fixedInGit(glob) === glob);
  const there = await Promise.all(literal.map((file) => lstat(path.join(root, file)).catch(() => undefined)));
  return literal.filter((_, index) => there[index] === undefined);
}

/** To git, braces and parentheses are parts of names. */
const fixedInGit = (glob: string): string => fixedPart(glob, /[*?[]/);
