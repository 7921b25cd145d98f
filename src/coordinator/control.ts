import type { IntentName } from '../events/catalogue.js';
import { deferred } from '../primitives/deferred.js';

export type StopReason = 'stop' | 'cancel' | 'signal' | 'run-timeout' | 'lost' | 'journal';

/** What is asked, as far as it concerns the loop. */
export interface Demand {
  readonly intent: IntentName;
  /** A pause that does not wait for the attempts that run. */
  readonly now?: boolean | undefined;
  readonly story_id?: string | undefined;
}

/**
 * What people and signals want of a run, as the loop sees it.
 *
 *     going ⇄ pausing → paused → going        any → stopping (final)
 */
export class Control {
  readonly #stop = new AbortController();
  #pause = false;
  /** The pause does not wait for attempts. */
  #now = false;
  /** Story → what ends its attempt. */
  readonly #attempts = new Map<string, AbortController>();
  #hurry = false;
  #changed = deferred();

  /** Aborted when the run has to end now; its reason is a {@link StopReason}. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  get stopReason(): StopReason | undefined {
    return this.#stop.signal.aborted ? (this.#stop.signal.reason as StopReason) : undefined;
  }

  get pauseWanted(): boolean {
    return this.#pause;
  }

  stop(reason: StopReason): void {
    if (!this.#stop.signal.aborted) this.#stop.abort(reason);
    this.#notify();
  }

  /** Aborted when the attempt that begins at a story has to end: with the run, for a pause that does not wait, when the story is left out. */
  beginAttempt(storyId: string): AbortSignal {
    const attempt = new AbortController();
    this.#attempts.set(storyId, attempt);
    if (this.#pause && this.#now) attempt.abort();
    return AbortSignal.any([this.stopping, attempt.signal]);
  }

  apply({ intent, now, story_id: storyId }: Demand): void {
    switch (intent) {
      case 'pause':
        this.#pause = true;
        this.#now = now ?? false;
        if (now) for (const attempt of this.#attempts.values()) attempt.abort();
        this.#notify();
        return;
      case 'skip':
        if (storyId !== undefined) this.#attempts.get(storyId)?.abort();
        this.#notify();
        return;
      case 'retry':
      case 'prioritise':
      case 'answer':
        this.#notify();
        return;
      case 'resume':
        // Who does not wait for a person waits for something else, and is not to wait longer.
        this.#hurry ||= !this.#pause;
        this.#pause = false;
        this.#notify();
        return;
      case 'stop':
      case 'cancel':
        this.stop(intent);
        return;
      // Of no concern to the loop: see PrdStatus and the fold.
      case 'accept':
      case 'hold':
      case 'release':
        return;
    }
  }

  /** Resolves when the pause is over (true) or the run has to end (false). */
  async whilePaused(): Promise<boolean> {
    while (this.#pause && !this.stopping.aborted) await this.#changed.promise;
    return !this.stopping.aborted;
  }

  /** Whether somebody wants the run not to wait any longer; asked once. */
  takeHurry(): boolean {
    const hurry = this.#hurry;
    this.#hurry = false;
    return hurry;
  }

  /** Resolves when somebody wants something else than before. */
  nextWish(): Promise<void> {
    return this.#changed.promise;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = deferred();
  }
}
