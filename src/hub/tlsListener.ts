import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

/** A place to listen for other machines: always with a certificate, and nobody gets in there without a token. */
export interface TlsOptions {
  /** Address to bind, `0.0.0.0` for all. */
  readonly host: string;
  /** 0 for any. */
  readonly port: number;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Names and addresses under which clients call it, in lower case. */
  readonly names: readonly string[];
}

/** Nothing can listen where a person wanted it. */
export class CannotListen extends Error {}

const handshakeTimeout = 5_000;

/** The hub's HTTPS server, beside the one on the loopback interface. */
export class TlsListener implements AsyncDisposable {
  /** Throws {@link CannotListen} when nothing can listen there, anything else when certificate and key are none. */
  static async open(options: TlsOptions, attach: (server: Server) => void): Promise<TlsListener> {
    const { host, port, cert, key } = options;
    const server = createServer({
      ...{ cert, key, handshakeTimeout, minVersion: 'TLSv1.2' },
      ...{ headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 },
    });
    attach(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => {
        reject(new CannotListen(`Nothing can listen on ${host}, port ${port}: ${error.message}`));
      });
      server.listen(port, host, () => {
        server.removeAllListeners('error');
        resolve();
      });
    });
    return new TlsListener(server);
  }

  #closed: Promise<unknown> | undefined;

  private constructor(private readonly server: Server) {}

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.#closed ??= new Promise((resolve) => this.server.close(resolve));
  }

  disconnect(): void {
    this.server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    this.disconnect();
    await this.#closed;
  }
}
