/**
 * A text of somebody else's as it may be shown where a person decides by it: characters that move, hide or reorder what
 * is around them are written out, so that it is one line and says what it holds.
 */
export function visibleText(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u{${code.toString(16)}}`;
  });
}

/** A command as people read it: arguments that are not plain words are quoted, so that two commands never look the same. */
export function commandText(argv: readonly string[]): string {
  return argv.map((part) => (/^[\w@%+=:,./{}-]+$/.test(part) ? part : JSON.stringify(part))).join(' ');
}
