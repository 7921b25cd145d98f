import type { Socket as Transport } from 'engine.io';
import type { Socket } from 'node:net';
import type { Scope } from '../gate/scopes.js';
import type { SocketIoContext } from '../hub/socketIo.js';

/** Until then a client must have shown its token. */
export const authenticateWithinMs = 5_000;
/** How long a closing handshake may take. */
const closeWithinMs = 1_000;
/** Of what waits for a client; as much again may be on its way in the transport. Bytes. */
const maxWaiting = 4 * 1024 * 1024;

/** Its types hide what every client is told. */
export const sidOf = (transport: Transport): string => String(transport['id']);

/** One session of the transport, over polls or a WebSocket: from its opening on, whoever it is. */
export class Connection {
  #authenticated = false;
  #scope: Scope | undefined;
  #waiting = 0;
  #timer: Disposable;
  /** The socket of its WebSocket, once it has one. */
  wire: Socket | undefined;

  constructor(
    private readonly transport: Transport,
    /** Has shown a token to the gate, or needs none. */
    readonly mayRead: boolean,
    private readonly context: SocketIoContext,
  ) {
    this.#timer = context.clock.after(authenticateWithinMs, () => {
      this.close();
    });
    transport.on('packetCreate', ({ data }: { readonly data?: string | Buffer }) => {
      this.#waiting += data?.length ?? 0;
      if (this.#waiting > maxWaiting) this.#cut();
    });
    transport.on('flush', () => {
      this.#waiting = 0;
    });
    transport.once('close', () => {
      this.#timer[Symbol.dispose]();
      this.#destroyLate();
    });
  }

  get isAuthenticated(): boolean {
    return this.#authenticated;
  }

  /** What the token allows that was shown within it; undefined: none was, or none was needed. */
  get scope(): Scope | undefined {
    return this.#scope;
  }

  authenticated(scope: Scope | undefined): void {
    this.#authenticated = true;
    this.#scope = scope;
    this.#timer[Symbol.dispose]();
  }

  /** At once, whatever waits for it. */
  close(): void {
    this.transport.close(true);
  }

  #cut(): void {
    if (this.transport.readyState !== 'open') return;
    this.context.counters.cut('slow_consumer');
    this.context.logger.warn(`Client ${sidOf(this.transport)} was cut: slow_consumer`);
    this.close();
  }

  /** Who does not read does not see that the WebSocket is closed either. */
  #destroyLate(): void {
    const { wire } = this;
    if (!wire || wire.destroyed) return;
    const timer = this.context.clock.after(closeWithinMs, () => wire.destroy());
    wire.once('close', () => {
      timer[Symbol.dispose]();
    });
  }
}
