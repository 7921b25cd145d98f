import { version } from '../../package.json';
import { becomeHub } from '../hub/becomeHub.js';
import { systemClock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';

const stderrLogger: Logger = {
  debug: () => {},
  info: (message) => process.stderr.write(`${message}\n`),
  warn: (message) => process.stderr.write(`warning: ${message}\n`),
  error: (message) => process.stderr.write(`error: ${message}\n`),
};

/** `storyloop serve`: a hub in the foreground, until a signal or another hub ends it. */
export async function serve(options: { readonly port: number }): Promise<ExitCode> {
  const user = new UserPaths();
  const became = await becomeHub({
    user,
    role: 'storyloop serve',
    clock: systemClock,
    logger: stderrLogger,
    version,
    port: options.port,
    // Beside the bundle that runs.
    dashboard: __dirname,
  });
  if (!became.ok) {
    const { holder, discovery } = became.error;
    const where = discovery ? ` at http://${discovery.host}:${discovery.port}` : '';
    return complain(
      `There is a hub already${where}: ${holder.role}, pid ${holder.pid}. It serves everybody.`,
      ExitCode.held,
    );
  }
  await using hub = became.value;
  const where = hub.port === options.port || options.port === 0 ? '' : ` (port ${options.port} is taken)`;
  process.stdout.write(
    `Hub at http://127.0.0.1:${hub.port}${where}. Clients find address and token in ${user.discovery}.\n`,
  );
  const ended = deferred();
  const end = (): void => {
    ended.resolve();
  };
  hub.ended.addEventListener('abort', end);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  await ended.promise;
  return ExitCode.done;
}
