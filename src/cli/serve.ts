import path from 'node:path';
import { version } from '../../package.json';
import { becomeHub } from '../hub/becomeHub.js';
import { CannotListen } from '../hub/tlsListener.js';
import { systemClock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import type { Holder } from '../session/holder.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { accessOf, type AccessFlags } from './serveAccess.js';

const stderrLogger: Logger = {
  debug: () => {},
  info: (message) => process.stderr.write(`${message}\n`),
  warn: (message) => process.stderr.write(`warning: ${message}\n`),
  error: (message) => process.stderr.write(`error: ${message}\n`),
};

export interface ServeOptions extends AccessFlags {
  readonly port: number;
  /** Waits while another process is the hub, and takes over when it goes. */
  readonly standby?: boolean;
}

/** `storyloop serve`: a hub in the foreground, until a signal ends it or, unless it stands by, another hub. */
export async function serve(options: ServeOptions): Promise<ExitCode> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      interrupted.abort();
    });
  }
  let code: ExitCode;
  try {
    do code = await serveOnce(options, interrupted.signal);
    while (code === ExitCode.done && options.standby && !interrupted.signal.aborted);
  } catch (error) {
    if (error instanceof CannotListen) return complain(error.message, ExitCode.blocked);
    throw error;
  }
  return code;
}

async function serveOnce(options: ServeOptions, interrupted: AbortSignal): Promise<ExitCode> {
  const { port, standby = false } = options;
  const access = await accessOf(options);
  if (!access.ok) return complain(access.error, ExitCode.usage);
  const user = new UserPaths();
  const became = await becomeHub({
    user,
    role: 'storyloop serve',
    clock: systemClock,
    logger: stderrLogger,
    version,
    port,
    // Beside the bundle that runs.
    dashboard: __dirname,
    socketIo: path.join(__dirname, 'socketio.js'),
    ...access.value,
    ...(standby && { standby: interrupted, onWaiting: standsBy }),
  });
  if (!became.ok) {
    if (standby) return ExitCode.done;
    const { holder, discovery } = became.error;
    const where = discovery ? ` at http://${discovery.host}:${discovery.port}` : '';
    return complain(
      `There is a hub already${where}: ${holder.role}, pid ${holder.pid}. It serves everybody. With --standby, this one takes over when it goes.`,
      ExitCode.held,
    );
  }
  await using hub = became.value;
  const where = hub.port === port || port === 0 ? '' : ` (instead of port ${port})`;
  process.stdout.write(
    `Hub at http://127.0.0.1:${hub.port}${where}. Clients find address and token in ${user.discovery}.\n`,
  );
  if (hub.tlsPort !== undefined)
    process.stdout.write(`Other machines reach it at https, port ${hub.tlsPort}, with the token.\n`);
  const ended = deferred();
  for (const signal of [hub.ended, interrupted]) {
    signal.addEventListener('abort', () => {
      ended.resolve();
    });
    if (signal.aborted) ended.resolve();
  }
  await ended.promise;
  return ExitCode.done;
}

function standsBy({ role, pid }: Holder): void {
  stderrLogger.info(`Stands by: ${role}, pid ${pid}, is the hub.`);
}
