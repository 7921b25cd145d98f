import type { Logger } from '../primitives/logger.js';
import { watchFolder } from '../records/watchFolder.js';
import { hubToken } from '../session/discovery.js';
import type { UserPaths } from '../session/paths.js';

const pollMs = 1_000;

export interface TokenWatchOptions {
  readonly user: UserPaths;
  /** The one that is valid now. */
  readonly token: string;
  /** Undefined: what is there is no secret, or cannot be read; nobody is to be let in until it is. */
  readonly onChange: (token: string | undefined) => Promise<void>;
  readonly logger: Logger;
}

/** Notices that the user's token was rotated. A token that was removed is replaced by a new one. */
export class TokenWatch implements AsyncDisposable {
  readonly #watch: Disposable;
  #token: string | undefined;
  #checking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(private readonly options: TokenWatchOptions) {
    this.#token = options.token;
    const check = (): void => {
      this.#checking = this.#checking.then(() => this.#check());
    };
    this.#watch = watchFolder(options.user.hub, check, pollMs);
    check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#watch[Symbol.dispose]();
    await this.#checking;
  }

  /** Never rejects. */
  async #check(): Promise<void> {
    if (this.#closed) return;
    const { user, onChange, logger } = this.options;
    let token: string | undefined;
    let fault = '';
    try {
      token = await hubToken(user);
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    if (token === this.#token) return;
    this.#token = token;
    if (token === undefined) logger.error(`Nobody is let in: ${fault}`);
    else logger.info('The token was changed; every client has to come again with the new one');
    try {
      await onChange(token);
    } catch (error) {
      logger.error(`The new token cannot be told: ${String(error)}`);
      // The next look tries again.
      this.#token = undefined;
    }
  }
}
