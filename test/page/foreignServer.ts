import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of somebody else on this machine: its page does nothing by itself, and it notes the cookies that it is shown. */
export class ForeignServer implements AsyncDisposable {
  readonly cookies: string[] = [];
  readonly #server: Server = createServer((request, response) => {
    if (request.headers.cookie !== undefined) this.cookies.push(request.headers.cookie);
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!DOCTYPE html><title>Foreign</title><body></body>');
  });

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** A browser keeps connections for later, also such as it never used. */
  disconnect(): void {
    this.#server.closeAllConnections();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
