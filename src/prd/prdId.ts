/**
 * `<slug of repository folder>-<slug of file name without extension>-<6 hex>`; the hex is of the repository-relative
 * path and the repository's identity (its common dir). Never of the content.
 */
export function prdId(repository: { readonly root: string; readonly commonDir: string }, prdPath: string): string {
  throw new Error(`stub ${repository.root} ${prdPath}`);
}
