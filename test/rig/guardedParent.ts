import { runGuarded } from '../../src/processes/guarded.js';

/** A coordinator in small, to be killed: runs the command of its arguments (marker, then argv) under a guardian and says how it ended. */
async function main([marker, file, ...args]: readonly string[]): Promise<void> {
  if (marker === undefined || file === undefined) throw new Error('Usage: guardedParent <marker> <argv…>');
  const end = await runGuarded({
    argv: [file, ...args],
    cwd: process.cwd(),
    env: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    timeoutMs: 60_000,
    marker,
    signal: new AbortController().signal,
    onOutput: (chunk) => process.stdout.write(chunk),
  });
  console.log(JSON.stringify(end));
}

if (require.main === module) void main(process.argv.slice(2));
