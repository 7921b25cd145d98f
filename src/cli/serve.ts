import path from 'node:path';
import { version } from '../../package.json';
import type { HubConfig } from '../config/hubConfig.js';
import { loadHubConfig } from '../config/loadHubConfig.js';
import { becomeHub } from '../hub/becomeHub.js';
import type { Hub, HubOptions } from '../hub/hub.js';
import { CannotListen } from '../hub/tlsListener.js';
import { systemClock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import type { Logger } from '../primitives/logger.js';
import type { Holder } from '../session/holder.js';
import { UserPaths } from '../session/paths.js';
import { agentsFound } from './agentsFound.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { flagOf, givenFlags } from './hubFlags.js';
import { tlsOf, type TlsFlags } from './serveTls.js';

const stderrLogger: Logger = {
  debug: () => {},
  info: (message) => process.stderr.write(`${message}\n`),
  warn: (message) => process.stderr.write(`warning: ${message}\n`),
  error: (message) => process.stderr.write(`error: ${message}\n`),
};

/** Besides the settings of the hub as flags. */
export interface ServeOptions extends TlsFlags, Readonly<Record<string, unknown>> {
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
  const user = new UserPaths();
  const given = givenFlags(options);
  const { config, faults } = await loadHubConfig({ user, env: process.env, given, nameOf: flagOf });
  if (faults.length > 0) return complain(faults.join('\n'), ExitCode.usage);
  const tls = await tlsOf(options);
  if (!tls.ok) return complain(tls.error, ExitCode.usage);
  const hubOptions = { ...config, ...(tls.value && { tls: tls.value }) };
  let code: ExitCode;
  try {
    do code = await serveOnce(user, hubOptions, options, interrupted.signal);
    while (code === ExitCode.done && options.standby && !interrupted.signal.aborted);
  } catch (error) {
    if (error instanceof CannotListen) return complain(error.message, ExitCode.blocked);
    throw error;
  }
  return code;
}

async function serveOnce(
  user: UserPaths,
  hubOptions: HubConfig & Pick<HubOptions, 'tls'>,
  { standby = false }: ServeOptions,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const { port } = hubOptions;
  const became = await becomeHub({
    user,
    role: 'storyloop serve',
    clock: systemClock,
    logger: stderrLogger,
    version,
    ...hubOptions,
    findAgents: () => agentsFound(user),
    // Beside the bundle that runs.
    dashboard: __dirname,
    socketIo: path.join(__dirname, 'socketio.js'),
    metrics: path.join(__dirname, 'metrics.js'),
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
  catchFaults(hub);
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

/**
 * The last net: what nobody caught is noted, and the hub goes on. What it acknowledges is on disk before, and everything in memory
 * is made of that.
 */
function catchFaults(hub: Hub): void {
  const onError = (error: unknown): void => {
    hub.fault('Something', error);
  };
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  for (const event of events) process.on(event, onError);
  hub.ended.addEventListener('abort', () => {
    for (const event of events) process.off(event, onError);
  });
}
