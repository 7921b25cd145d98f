import { createHash } from 'node:crypto';
import path from 'node:path';

/**
 * `<slug of repository folder>-<slug of file name without extension>-<6 hex>`; the hex is of the repository-relative
 * path and the repository's identity (its common dir). Never of the content. The folder is the main worktree's, so
 * that all worktrees of a repository agree on the id.
 */
export function prdId(repository: { readonly root: string; readonly commonDir: string }, prdPath: string): string {
  const { root, commonDir } = repository;
  const folder = path.basename(commonDir) === '.git' ? path.dirname(commonDir) : root;
  const relative = path.relative(root, path.resolve(root, prdPath)).split(path.sep).join('/');
  const hash = createHash('sha256').update(`${relative}\0${commonDir}`).digest('hex').slice(0, 6);
  return `${slug(path.basename(folder), 'repository')}-${slug(path.parse(prdPath).name, 'prd')}-${hash}`;
}

function slug(name: string, otherwise: string): string {
  const words = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-');
  return words.slice(0, 40).replace(/^-|-$/g, '') || otherwise;
}
