import { InvalidArgumentError, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { parseOrigins } from '../gate/origins.js';
import type { HubOptions } from '../hub/hub.js';
import type { TlsOptions } from '../hub/tlsListener.js';
import { err, ok, type Result } from '../primitives/result.js';

/** What `storyloop serve` is told of who may come, and from where. */
export interface AccessFlags {
  readonly allowedOrigin?: readonly string[];
  readonly allowTokenlessClients?: boolean;
  readonly maxConnections?: number;
  readonly host?: string;
  readonly tlsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowHost?: readonly string[];
}

type HubAccess = Pick<HubOptions, 'allowedOrigins' | 'allowTokenlessClients' | 'maxConnections' | 'tls'>;

const defaultTlsPort = 18_791;
const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost'];
const anyAddress: readonly string[] = ['0.0.0.0', '::'];

export function withAccessOptions(command: Command): Command {
  return command
    .option('--allowed-origin <origin...>', 'origins of your own pages that may talk to it, with a token')
    .option('--allow-tokenless-clients', 'every program of this machine may read and publish without a token')
    .option('--max-connections <count>', 'connections at a time (256)', whole(16, 65_535))
    .option('--host <address>', 'serve other machines too, on this address; needs a certificate')
    .option('--tls-port <port>', `port for other machines (${defaultTlsPort})`, whole(0, 65_535))
    .option('--tls-cert <file>', 'certificate and its chain, PEM')
    .option('--tls-key <file>', 'private key, PEM')
    .option('--allow-host <name...>', 'names under which other machines call it; with --host 0.0.0.0 at least one');
}

/** The error says which flag is wrong, and what to do. */
export async function accessOf(flags: AccessFlags): Promise<Result<HubAccess, string>> {
  const { allowedOrigin = [], allowTokenlessClients = false, maxConnections } = flags;
  const origins = parseOrigins(allowedOrigin);
  if (!origins.ok) return err(`--allowed-origin: ${origins.error}`);
  const tls = await tlsOf(flags);
  if (!tls.ok) return tls;
  return ok({
    allowedOrigins: origins.value,
    allowTokenlessClients,
    ...(maxConnections !== undefined && { maxConnections }),
    ...(tls.value && { tls: tls.value }),
  });
}

/** Undefined: only this machine is served. */
async function tlsOf(flags: AccessFlags): Promise<Result<TlsOptions | undefined, string>> {
  const { host, tlsPort: port = defaultTlsPort, tlsCert, tlsKey, allowHost = [] } = flags;
  if (host === undefined || loopbackNames.includes(host)) {
    const isGiven =
      tlsCert !== undefined || tlsKey !== undefined || allowHost.length > 0 || flags.tlsPort !== undefined;
    return isGiven
      ? err('--tls-port, --tls-cert, --tls-key and --allow-host go with --host: this machine is served without TLS')
      : ok(undefined);
  }
  if (tlsCert === undefined || tlsKey === undefined) {
    return err(
      `--host ${host} lets other machines in, and needs --tls-cert and --tls-key: without them, the token would cross the network for everybody to read. To serve only this machine, leave --host out.`,
    );
  }
  const wrong = allowHost.find((name) => !isHostName(name));
  if (wrong !== undefined) return err(`--allow-host: "${wrong}" is no name of a host. Give it without a port`);
  const names = [...(anyAddress.includes(host) ? [] : [bracketed(host)]), ...allowHost].map((name) =>
    name.toLowerCase(),
  );
  if (names.length === 0) {
    return err(`--host ${host} needs --allow-host: the names under which other machines call it. Others are refused.`);
  }
  const pair = await readPair(tlsCert, tlsKey);
  return pair.ok ? ok({ host, port, names, ...pair.value }) : pair;
}

async function readPair(certFile: string, keyFile: string): Promise<Result<{ cert: string; key: string }, string>> {
  try {
    const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
    // Says now what would otherwise fail at the first connection.
    createSecureContext({ cert, key });
    return ok({ cert, key });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return err(`--tls-cert and --tls-key are no certificate with its key: ${why}`);
  }
}

const isHostName = (name: string): boolean =>
  /^([a-z0-9-]+\.)*[a-z0-9-]+$/i.test(name) || /^\[[0-9a-f:.]+\]$/i.test(name);

/** As `Host` writes an address. */
const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`Expected a whole number, ${least} to ${most}.`);
    return value;
  };
}
