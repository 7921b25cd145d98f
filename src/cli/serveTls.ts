import { InvalidArgumentError, type Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { TlsOptions } from '../hub/tlsListener.js';
import { err, ok, type Result } from '../primitives/result.js';

/** What `storyloop serve` is told of other machines. */
export interface TlsFlags {
  readonly host?: string;
  readonly tlsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowHost?: readonly string[];
}

const defaultTlsPort = 18_791;
const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost'];
const anyAddress: readonly string[] = ['0.0.0.0', '::'];

export function addTlsFlags(command: Command): Command {
  return command
    .option('--host <address>', 'serve other machines too, on this address; needs a certificate')
    .option('--tls-port <port>', `port for other machines (${defaultTlsPort})`, whole(0, 65_535))
    .option('--tls-cert <file>', 'certificate and its chain, PEM')
    .option('--tls-key <file>', 'private key, PEM')
    .option('--allow-host <name...>', 'names under which other machines call it; with --host 0.0.0.0 at least one');
}

/** Undefined: only this machine is served. The error says which flag is wrong, and what to do. */
export async function tlsOf(flags: TlsFlags): Promise<Result<TlsOptions | undefined, string>> {
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
