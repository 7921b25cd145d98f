import type { ExitCode } from './exitCodes.js';

/** Tells what is wrong and what to do, and ends with `code`. */
export function complain(message: string, code: ExitCode): ExitCode {
  process.stderr.write(`${message}\n`);
  return code;
}
