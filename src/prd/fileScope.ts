import picomatch from 'picomatch';

/** Where a story works, as its PRD says it: paths and globs from the repository's root on. Empty: nobody knows. */
export type FileScope = readonly string[];

/**
 * The entries of `other` that may name a file that `scope` names, too. What a glob names nobody knows before the files are
 * there: what counts is the folder before its first wildcard, so that these are rather too many than too few.
 */
export function commonScope(scope: FileScope, other: FileScope): string[] {
  const places = scope.map((entry) => fixedPart(entry));
  return other.filter((entry) => {
    const place = fixedPart(entry);
    return places.some((one) => isWithin(one, place) || isWithin(place, one));
  });
}

/** Those of `files` that a scope names; a folder names all that is in it. */
export function filesInScope(scope: FileScope, files: readonly string[]): string[] {
  if (scope.length === 0 || files.length === 0) return [];
  const matches = picomatch(
    scope.flatMap((entry) => [entry, `${entry}/**`]),
    { dot: true, nonegate: true, noextglob: true },
  );
  // As it is written, too: some frameworks have brackets in the names of files.
  return files.filter((file) => scope.some((entry) => isWithin(file, entry)) || matches(file));
}

/** The path before the first part with a wildcard. */
export function fixedPart(glob: string, wildcard = /[*?[{(]/): string {
  const parts = glob.split('/');
  const first = parts.findIndex((part) => wildcard.test(part));
  return first < 0 ? glob : parts.slice(0, first).join('/');
}

const isWithin = (path: string, folder: string): boolean =>
  folder === '' || path === folder || path.startsWith(`${folder}/`);
