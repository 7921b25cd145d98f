/** What is wrong with a story's id, or undefined. It becomes part of file, ref and trailer names. */
export function storyIdFault(id: string): string | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(id)) {
    return 'use 1 to 64 of A-Z, a-z, 0-9, ".", "_" and "-", beginning with a letter or digit, for example "US-001"';
  }
  // Beside the ref of a run's tip there is room for the refs of no story of this name.
  if (id.toLowerCase() === 'tip') return '"tip" has a meaning of its own';
  return refPartFault(id);
}

/** Whether it can be a model's name. It becomes an argument of an agent, and must not be taken for an option. */
export function isModelName(name: string): boolean {
  return /^[A-Za-z0-9][\w.:/@[\]-]{0,127}$/.test(name);
}

/** What is wrong with a branch name by the rules of git, or undefined. */
export function branchNameFault(name: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- git refuses exactly these
  const refused = /[\x00-\x20\x7f~^:?*[\\]/.exec(name)?.[0];
  if (refused !== undefined) return `${refused === ' ' ? 'a space' : JSON.stringify(refused)} is not allowed in it`;
  if (name.length > 200) return 'it is longer than 200 characters';
  if (name.startsWith('-')) return 'it must not begin with "-"';
  if (name.includes('@{') || name === '@' || name === 'HEAD') return '"@", "@{" and "HEAD" have a meaning of their own';
  for (const part of name.split('/')) {
    if (part === '') return 'it must not begin or end with "/" or contain "//"';
    if (part.startsWith('.')) return 'none of its parts may begin with "."';
    const fault = refPartFault(part);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function refPartFault(part: string): string | undefined {
  if (part.includes('..')) return 'it must not contain ".."';
  if (part.endsWith('.')) return 'it must not end with "."';
  if (part.toLowerCase().endsWith('.lock')) return 'it must not end with ".lock"';
  return undefined;
}
