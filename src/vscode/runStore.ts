import * as vscode from 'vscode';
import type { Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import type { foldHub, HubState } from '../state/hubState.js';
import { shownStatus, toldInterrupted, type InterruptedRuns, type ShownStatus } from '../state/liveness.js';
import type { RunState } from '../state/runState.js';
import { clientSnapshot, type HubSnapshot } from '../state/snapshot.js';

/** What happened since the last change was told. */
export interface StoreChange {
  /** Runs that an event touched, each with the touched stories. */
  readonly runs: ReadonlyMap<string, ReadonlySet<string>>;
  /** Everything may be different: another hub, or a snapshot after a gap. */
  readonly reset: boolean;
}

/**
 * Changes are told together, at most this often, in milliseconds. VS Code draws a tree again when it was told nothing for
 * 200 ms: told more often, it stands still as long as a run is busy.
 */
const coalesceMs = 250;
/** How many of the last events are kept for views that show them. */
export const recentLimit = 50;

/** The state of all runs as this window knows it: the fold of what its feed brings. */
export class RunStore implements vscode.Disposable {
  #state: HubState = { runs: new Map() };
  #fold: typeof foldHub | undefined;
  #interrupted: InterruptedRuns = new Set();
  #recent: Envelope[] = [];
  #cursor = '';
  #touched = new Map<string, Set<string>>();
  #reset = false;
  #timer: Disposable | undefined;
  readonly #changed = new vscode.EventEmitter<StoreChange>();
  readonly #received = new vscode.EventEmitter<Envelope>();
  readonly #restarted = new vscode.EventEmitter<void>();
  /** Told at most every 100 ms. */
  readonly onDidChange = this.#changed.event;
  /** Every event, transient ones included, as it comes. */
  readonly onDidReceive = this.#received.event;
  /** A snapshot replaced the state. */
  readonly onDidRestart = this.#restarted.event;

  constructor(private readonly clock: Clock) {}

  /** Newest first. */
  get runs(): RunState[] {
    return [...this.#state.runs.values()].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  /** A run's status as people see it. */
  statusOf(run: RunState): ShownStatus {
    return shownStatus(run, this.#interrupted);
  }

  run(id: string): RunState | undefined {
    return this.#state.runs.get(id);
  }

  /** What a client gets first: the state and the last events that led there. */
  snapshot(): { readonly state: HubSnapshot; readonly events: Envelope[]; readonly cursor: string } {
    return { state: clientSnapshot(this.#state, this.#interrupted), events: [...this.#recent], cursor: this.#cursor };
  }

  /**
   * Takes over a hub's state, which is the store's from now on; what was known before is forgotten. The fold comes with
   * the feed, so that activation does not pay for loading it.
   */
  restart(
    state: HubState,
    interrupted: InterruptedRuns,
    events: readonly Envelope[],
    cursor: string,
    fold: typeof foldHub,
  ): void {
    this.#state = state;
    this.#interrupted = interrupted;
    this.#fold = fold;
    this.#recent = events.slice(-recentLimit);
    this.#cursor = cursor;
    this.#reset = true;
    this.#tellSoon();
    this.#restarted.fire();
  }

  receive(event: Envelope & { readonly cursor?: string }): void {
    // A transient event has no cursor and no place in the run's account.
    if (event.cursor !== undefined && this.#fold) {
      const change = this.#fold(this.#state, event);
      if (change.runId !== undefined) {
        const stories = this.#touched.get(change.runId) ?? new Set();
        if (change.story !== undefined) stories.add(change.story);
        this.#touched.set(change.runId, stories);
      }
      this.#recent.push(event);
      if (this.#recent.length > recentLimit) this.#recent.shift();
      this.#cursor = event.cursor;
      this.#tellSoon();
    }
    const interrupted = toldInterrupted(event);
    if (interrupted) this.#interrupt(interrupted);
    this.#received.fire(event);
  }

  #interrupt(interrupted: InterruptedRuns): void {
    const before = this.#interrupted;
    this.#interrupted = interrupted;
    for (const id of this.#state.runs.keys()) {
      if (before.has(id) === interrupted.has(id)) continue;
      this.#touched.set(id, this.#touched.get(id) ?? new Set());
      this.#tellSoon();
    }
  }

  #tellSoon(): void {
    this.#timer ??= this.clock.after(coalesceMs, () => {
      this.#timer = undefined;
      const change: StoreChange = { runs: this.#touched, reset: this.#reset };
      this.#touched = new Map();
      this.#reset = false;
      this.#changed.fire(change);
    });
  }

  dispose(): void {
    this.#timer?.[Symbol.dispose]();
    this.#changed.dispose();
    this.#received.dispose();
    this.#restarted.dispose();
  }
}
