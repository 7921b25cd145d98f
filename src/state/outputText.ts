const ESCAPE = String.fromCharCode(27);
const BELL = String.fromCharCode(7);
const escapeSequences = new RegExp(
  `${ESCAPE}(?:\\[[0-?]*[ -/]*[@-~]|\\][^${BELL}${ESCAPE}]*(?:${BELL}|${ESCAPE}\\\\)?|[()][0-9A-Za-z]|[@-Z\\\\^_])`,
  'g',
);

/** Longest text of a running command that is kept. */
const KEPT = 8_192;

/** Terminal output as plain text: no colours, no cursor movement, and of a line that was overwritten, its last state. */
export function plainText(output: string): string {
  return output
    .replaceAll(escapeSequences, '')
    .replaceAll('\r\n', '\n')
    .replaceAll(/^.*\r(?!$)/gm, '')
    .replaceAll('\r', '');
}

/** The last `count` lines that say something, blank ones at the end left out. */
export function lastLines(output: string, count: number): string {
  return plainText(output).trimEnd().split('\n').slice(-count).join('\n');
}

/** Adds a message to what a command has said. A message that does not end its line ends it all the same. */
export function appendOutput(output: string, message: string): string {
  const joined = output === '' || output.endsWith('\n') ? output + message : `${output}\n${message}`;
  return joined.length <= KEPT ? joined : joined.slice(joined.indexOf('\n', joined.length - KEPT) + 1 || -KEPT);
}
