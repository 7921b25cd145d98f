import { render } from '../dialects/dialect.js';
import type { RunFacts } from '../dialects/sprintDashboard.js';
import type { Envelope } from '../events/envelope.js';
import type { DialectName } from '../events/frames.js';
import { runOf, type HubState } from '../state/hubState.js';
import { isLive } from '../state/selectors.js';
import type { Feed, FeedEntry } from './feed.js';
import type { HubCore } from './hubCore.js';
import type { StreamWish } from './streamQuery.js';
import { Subscription } from './subscription.js';

/** Entries in other names. */
export interface Rendering {
  readonly names: DialectName;
  /** Undefined when they have none for it. */
  of(entry: FeedEntry): FeedEntry | undefined;
}

/** Entries in the predecessors' names: made once for all clients, forgotten with the entry. */
export class Renderings {
  readonly #made: Readonly<Record<DialectName, WeakMap<FeedEntry, { readonly entry: FeedEntry | undefined }>>> = {
    hub: new WeakMap(),
    dashboard: new WeakMap(),
    sse: new WeakMap(),
  };
  readonly #facts: RunFacts;

  constructor(private readonly state: HubState) {
    this.#facts = new FoldFacts(state);
  }

  in(names: DialectName): Rendering {
    return {
      names,
      of: (entry) => {
        const known = this.#made[names].get(entry);
        if (known) return known.entry;
        const made = this.#make(names, entry);
        this.#made[names].set(entry, { entry: made });
        return made;
      },
    };
  }

  /** Of the last events in memory those that have a name there, oldest first. */
  last(feed: Feed, names: DialectName, count: number, isWanted: (entry: FeedEntry) => boolean): FeedEntry[] {
    const rendering = this.in(names);
    return feed
      .last(Infinity)
      .filter((entry) => isWanted(entry) && rendering.of(entry) !== undefined)
      .slice(-count);
  }

  /** What a sprint dashboard is told first. `recent`: its last events. */
  dashboardInit(recent: readonly FeedEntry[]): { readonly batch: object | null; readonly events: readonly object[] } {
    const events = recent.map(({ json }) => JSON.parse(json.toString('utf8')) as object);
    return { batch: this.#currentBatch() ?? null, events };
  }

  /** The live run that began last. */
  #currentBatch(): object | undefined {
    const runs = [...this.state.runs.values()];
    const index = runs.findLastIndex(isLive);
    const run = runs[index];
    if (!run) return undefined;
    const { completed, failed } = run.counts;
    const progress = { cycles_completed: completed + failed, status: run.status };
    return { batch_id: index + 1, max_cycles: 'all', run_id: run.id, prd_id: run.prdId, ...progress };
  }

  #make(names: DialectName, entry: FeedEntry): FeedEntry | undefined {
    const rendered = render(names, entry.event, this.#facts);
    if (!rendered) return undefined;
    const { type, body } = rendered;
    return { seq: entry.seq, event: { ...entry.event, type }, json: Buffer.from(JSON.stringify(body)) };
  }
}

/** How many events a progress stream keeps for who connects later. */
const keptEvents = 100;

/** The cursor where a stream begins that asked for none: a progress stream has kept its last events, others have not. */
export function keptSince(
  { log, feed, renderings }: Pick<HubCore, 'log' | 'feed' | 'renderings'>,
  { filter, delivery: { names } }: StreamWish,
): string | undefined {
  if (names !== 'sse') return undefined;
  const wanted = new Subscription('kept', filter, 0);
  const [first] = renderings.last(feed, names, keptEvents, (entry) => wanted.wants(entry));
  return first?.seq === undefined ? undefined : log.cursor(first.seq - 1);
}

/** What the fold knows of the run that an event is about. Runs are numbered as the hub came to know them. */
class FoldFacts implements RunFacts {
  readonly #batches = new Map<string, number>();

  constructor(private readonly state: HubState) {}

  batchId(event: Envelope): number | undefined {
    const id = runOf(event);
    if (id === undefined) return undefined;
    if (!this.#batches.has(id)) for (const run of this.state.runs.keys()) this.#number(run);
    return this.#batches.get(id);
  }

  cycleNumber(event: Envelope, storyId: string): number {
    const stories = this.#run(event)?.stories;
    const begun = stories?.get(storyId)?.startedAt;
    if (!stories || begun === undefined) return 1;
    let before = 0;
    for (const { startedAt } of stories.values()) if (startedAt !== undefined && startedAt < begun) before += 1;
    return before + 1;
  }

  cyclesCompleted(event: Envelope): number {
    const counts = this.#run(event)?.counts;
    return counts ? counts.completed + counts.failed : 0;
  }

  #run(event: Envelope) {
    return this.state.runs.get(runOf(event) ?? '');
  }

  #number(run: string): void {
    if (!this.#batches.has(run)) this.#batches.set(run, this.#batches.size + 1);
  }
}
