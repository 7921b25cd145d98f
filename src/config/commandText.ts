/** A command as people read it: arguments that are not plain words are quoted, so that two commands never look the same. */
export function commandText(argv: readonly string[]): string {
  return argv.map((part) => (/^[\w@%+=:,./{}-]+$/.test(part) ? part : JSON.stringify(part))).join(' ');
}
