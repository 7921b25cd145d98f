import { isTransient } from '../src/events/catalogue.js';
import type { Envelope } from '../src/events/envelope.js';
import type { SubscriptionFilter } from '../src/events/frames.js';
import type { Clock } from '../src/primitives/clock.js';
import type { HubSnapshot } from '../src/state/snapshot.js';
import { BrowserConnection } from './browserConnection.js';
import { EventHistory } from './eventHistory.js';
import { EventList } from './eventList.js';
import { hubFilter, type EventWish } from './eventWish.js';
import type { HostFrame } from './host.js';
import type { HubAccess } from './hubAccess.js';
import { askFigures, type HubFigures } from './hubFigures.js';
import { HubStream } from './hubStream.js';
import type { Connection } from './hubView.js';

/** So long nothing must be typed before the hub is asked. */
const settleMs = 300;
const figuresEveryMs = 5_000;
/** Runs and PRDs that are offered. */
const maxOffered = 1_000;

type Reset = Extract<HostFrame, { op: 'reset' }>;
const resetText: Readonly<Record<Reset['reason'], string>> = {
  expired: 'What happened since is not kept any more.',
  unknown_log: 'The hub has another log now.',
  ahead: 'The log of the hub does not come that far.',
};

interface Page {
  /** Something is to be drawn anew. */
  changed(): void;
  /** Keeps what the person wants. */
  save(wish: EventWish): void;
}

/** What the page of all events knows: the events that are wanted, and who wants them. */
export class EventsPage {
  list = new EventList();
  connection: Connection = { kind: 'connecting' };
  /** Why the list has begun anew. */
  notice: string | undefined;
  /** What is wrong with the wish; then the one before holds. */
  problem: string | undefined;
  figures: HubFigures | undefined;
  /** By id, the newest last. */
  readonly runs = new Map<string, string>();
  readonly prds = new Set<string>();
  #history: EventHistory | undefined;
  #loading: EventHistory | undefined;
  #followed = '';
  #current = new AbortController();
  #settling: Disposable | undefined;
  /** Whether the list is of what is followed. */
  #hasBegun = false;

  constructor(
    private readonly access: HubAccess,
    private readonly clock: Clock,
    public wish: EventWish,
    private readonly page: Page,
  ) {}

  start(): void {
    this.#follow();
    void this.#watchFigures();
  }

  /** What the person wants is shown at once; the hub is asked when it stays so for a moment. */
  choose(wish: EventWish): void {
    this.wish = wish;
    this.page.save(wish);
    this.#settling?.[Symbol.dispose]();
    this.#settling = this.clock.after(settleMs, () => {
      this.#settling = undefined;
      this.#follow();
    });
    this.page.changed();
  }

  pause(paused: boolean): void {
    if (paused) this.list.pause();
    else this.list.resume();
    this.page.changed();
  }

  /** Forgets what the page has; the hub's log is not touched, and older events can be loaded no more. */
  clear(): void {
    this.list.clear();
    this.#history = undefined;
    this.#loading = undefined;
    this.page.changed();
  }

  dismissNotice(): void {
    this.notice = undefined;
    this.page.changed();
  }

  /** Whether the list is about to become another one. */
  get isBusy(): boolean {
    return this.#settling !== undefined || !this.#hasBegun || this.#loading !== undefined;
  }

  /** Whether older events can be had, and there is room for them. */
  get hasOlder(): boolean {
    return this.#history?.more === true && this.list.room > 0;
  }

  async loadOlder(): Promise<void> {
    const history = this.#history;
    if (!history || this.#loading === history || !this.hasOlder) return;
    this.#loading = history;
    // The connection says what is wrong, and this can be asked for again.
    const events = await history.older().catch(() => []);
    if (history !== this.#history) return;
    this.#loading = undefined;
    this.list.addOlder(events);
    this.#learn(events);
    this.page.changed();
  }

  /** Follows what is wanted now, from now on and back in time. */
  #follow(): void {
    const filter = hubFilter(this.wish);
    const { transient } = this.wish;
    this.problem = filter.ok ? undefined : filter.error;
    const followed = JSON.stringify([filter.ok && filter.value, transient]);
    if (filter.ok && followed !== this.#followed) {
      this.#followed = followed;
      this.#hasBegun = false;
      this.#current.abort();
      this.#current = new AbortController();
      const { signal } = this.#current;
      const stream = new HubStream((frame) => {
        if (!signal.aborted) this.#take(frame, filter.value, transient);
      });
      new BrowserConnection({ access: this.access, stream, filter: filter.value, signal }).start();
    }
    this.page.changed();
  }

  #take(frame: HostFrame, filter: SubscriptionFilter, transient: boolean): void {
    switch (frame.op) {
      case 'init':
      case 'reset':
        this.connection = { kind: 'connected' };
        if (frame.op === 'reset')
          this.notice = `${resetText[frame.reason]} Events may be missing; the list begins anew.`;
        this.#begin(frame.state);
        this.#history = new EventHistory(this.access, filter, frame.cursor);
        void this.loadOlder();
        break;
      case 'events':
        this.#add(frame.events.flatMap(({ event }) => (transient || !isTransient(event.type) ? [event] : [])));
        break;
      case 'disconnected':
        this.connection = { kind: 'lost', message: frame.message };
        break;
      case 'resumed':
        this.connection = { kind: 'connected' };
        break;
      // Answers, and what hosts of other pages say.
      case 'event':
      case 'connected':
      case 'select':
      case 'pong':
      case 'ok':
      case 'error':
        return;
    }
    this.page.changed();
  }

  #begin(state: HubSnapshot): void {
    const { paused } = this.list;
    this.list = new EventList();
    this.#hasBegun = true;
    if (paused) this.list.pause();
    for (const { id, title, prdId } of state.runs) {
      this.runs.set(id, title);
      this.prds.add(prdId);
    }
  }

  #add(events: readonly Envelope[]): void {
    this.list.add(events);
    this.#learn(events);
  }

  #learn(events: readonly Envelope[]): void {
    for (const { run_id: run, prd_id: prd } of events) {
      if (run !== undefined && !this.runs.has(run) && this.runs.size < maxOffered) this.runs.set(run, run);
      if (prd !== undefined && this.prds.size < maxOffered) this.prds.add(prd);
    }
  }

  async #watchFigures(): Promise<void> {
    for (;;) {
      if (document.visibilityState === 'visible') {
        this.figures = (await askFigures(this.access)) ?? this.figures;
        this.page.changed();
      }
      await new Promise<void>((resolve) => this.clock.after(figuresEveryMs, resolve));
    }
  }
}
