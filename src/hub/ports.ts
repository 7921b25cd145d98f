import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../primitives/clock.js';
import { errorCode } from '../primitives/errorCode.js';
import type { Logger } from '../primitives/logger.js';

const host = '127.0.0.1';
/** How long, and how often, the port of the hub before is tried while another program, or a hub that hangs, has it. */
const reclaimForMs = 10_000;
const reclaimEveryMs = 250;

export interface PortsOptions {
  /** The first that can be had is taken, else a free one. */
  readonly wishes: readonly number[];
  /** Tries the first wish for some seconds more, and listens there besides when it can be had; nobody waits for that. */
  readonly insist: boolean;
  /** A server with its handlers, one for each port. */
  readonly createServer: () => Server;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Where the hub listens; loopback only. */
export class Ports implements AsyncDisposable {
  static async open(options: PortsOptions): Promise<Ports> {
    const ports = new Ports(options);
    const [first, ...others] = options.wishes.filter((port) => port !== 0);
    if (first !== undefined && (await ports.#listen(first))) return ports;
    for (const port of [...others, 0]) if (await ports.#listen(port)) break;
    if (first === undefined) return ports;
    options.logger.warn(`Port ${first} is taken; the hub listens on another one`);
    if (options.insist) ports.#reclaim(first, options.clock.monotonic() + reclaimForMs);
    return ports;
  }

  /** Told when {@link current} became another one. */
  onMoved: () => void = () => {};
  readonly #servers: Server[] = [];
  #current = 0;
  #trying: Disposable | undefined;
  #closed: Promise<unknown> | undefined;

  private constructor(private readonly options: PortsOptions) {}

  /** The one that clients are told. */
  get current(): number {
    return this.#current;
  }

  /** Takes no connections any more; those that are there stay. */
  close(): void {
    this.#trying?.[Symbol.dispose]();
    this.#closed ??= Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  /** Cuts whoever is connected; new connections are taken. */
  disconnect(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    this.disconnect();
    await this.#closed;
  }

  /** False when somebody else has the port. */
  async #listen(port: number): Promise<boolean> {
    const server = this.options.createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      if (port !== 0 && (errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES')) return false;
      throw error;
    }
    if (this.#closed) {
      server.close();
      return true;
    }
    this.#servers.push(server);
    this.#current = (server.address() as AddressInfo).port;
    return true;
  }

  #reclaim(port: number, until: number): void {
    const { clock, logger } = this.options;
    if (this.#closed || clock.monotonic() >= until) return;
    this.#trying = clock.after(reclaimEveryMs, () => {
      this.#listen(port).then(
        (listens) => {
          if (!listens) this.#reclaim(port, until);
          else if (!this.#closed) this.onMoved();
        },
        (error: unknown) => {
          logger.warn(`Port ${port} cannot be had: ${String(error)}`);
        },
      );
    });
  }
}
