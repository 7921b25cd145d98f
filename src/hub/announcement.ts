import type { Logger } from '../primitives/logger.js';
import { Sequence } from '../primitives/sequence.js';
import { readDiscovery, removeDiscovery, writeDiscovery } from '../session/discovery.js';
import type { Holder } from '../session/holder.js';
import type { Ownership } from '../session/ownership.js';
import type { UserPaths } from '../session/paths.js';

/** What says where the hub is, as long as it is the hub: the discovery file. */
export class Announcement implements AsyncDisposable {
  readonly #turns = new Sequence();
  #over = false;
  #keeping = false;

  constructor(
    private readonly user: UserPaths,
    private readonly self: Holder,
    private readonly ownership: Ownership,
    private readonly where: { readonly port: number },
    private token: string,
    private readonly logger: Logger,
  ) {}

  /** Throws when the file cannot be written. */
  make(): Promise<void> {
    return this.#inTurn(async () => {
      const { pid, start_time, instance } = this.self;
      const { term } = this.ownership;
      const { port } = this.where;
      await writeDiscovery(this.user, {
        v: 1,
        host: '127.0.0.1',
        port,
        pid,
        start_time,
        instance,
        term,
        token: this.token,
      });
    });
  }

  /** Clients need another token; without one there is nothing to say to them. */
  async tellToken(token: string | undefined): Promise<void> {
    if (token === undefined) return;
    this.token = token;
    await this.make();
  }

  /** Says it anew if the hub moved or the file went, which a predecessor that woke up or a person may have removed. */
  async keep(): Promise<void> {
    if (this.#keeping) return;
    this.#keeping = true;
    try {
      const said = await readDiscovery(this.user);
      if (said?.instance !== this.self.instance || said.port !== this.where.port) await this.make();
    } catch (error) {
      this.logger.warn(`Clients cannot be told where the hub is: ${String(error)}`);
    } finally {
      this.#keeping = false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inTurn(() => removeDiscovery(this.user, this.self.instance));
    this.#over = true;
  }

  #inTurn(action: () => Promise<void>): Promise<void> {
    return this.#turns.run(async () => {
      if (!this.#over && this.ownership.isCurrent()) await action();
    });
  }
}
