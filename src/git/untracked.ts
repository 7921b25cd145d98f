import path from 'node:path';
import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';

/**
 * What a checkout holds besides what is in git, ignored or not, as far as `globs` (as git writes them) name it; a folder
 * names all that is in it. Links are among them and not followed; what is in another repository is not.
 */
export async function untrackedFiles(
  root: string,
  globs: readonly string[],
): Promise<Result<readonly string[], GitFailure>> {
  const named = globs.map((glob) => `:(top,glob)${path.posix.normalize(glob)}`);
  const args = ['ls-files', '--others', '-z', '--', ...named, ':(top,exclude,literal).storyloop'];
  const listed = await git(root, args);
  return listed.ok ? ok(listed.value.split('\0').filter((file) => file !== '')) : listed;
}
