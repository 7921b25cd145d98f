import { ExitCode } from './exitCodes.js';
export function serve(_: object): Promise<ExitCode> {
  return Promise.resolve(ExitCode.blocked);
}
