import { isFromRun, type Envelope } from '../events/envelope.js';
import { emptyHub, foldHub, type HubState } from '../state/hubState.js';
import { restoreHub, snapshotHub, type HubSnapshot } from '../state/snapshot.js';
import { KnownIds, type KnownIdsSnapshot } from './knownIds.js';

/** How many ids of outside events are remembered, so that a repeat is harmless. */
export const rememberedIds = 100_000;

/** {@link HubMemory} as JSON: what a log segment begins with. */
export interface MemorySnapshot {
  readonly state: HubSnapshot;
  readonly marks: Readonly<Record<string, number>>;
  readonly ids: KnownIdsSnapshot;
}

/**
 * Everything that the hub knows because of its log, and nothing else: the folded state, how far each source got, and
 * which outside ids were seen. Rebuilt by applying the log's events again.
 */
export class HubMemory {
  private constructor(
    readonly state: HubState,
    private readonly marks: Map<string, number>,
    private readonly ids: KnownIds,
  ) {}

  static empty(): HubMemory {
    return new HubMemory(emptyHub(), new Map(), new KnownIds(rememberedIds));
  }

  static restore(snapshot: MemorySnapshot): HubMemory {
    return new HubMemory(
      restoreHub(snapshot.state),
      new Map(Object.entries(snapshot.marks)),
      KnownIds.restore(rememberedIds, snapshot.ids),
    );
  }

  snapshot(): MemorySnapshot {
    return { state: snapshotHub(this.state), marks: Object.fromEntries(this.marks), ids: this.ids.snapshot() };
  }

  /** The same for a log that begins anew: ids stay known, their places are gone. */
  withoutPlaces(): HubMemory {
    return new HubMemory(this.state, this.marks, this.ids.withoutPlaces());
  }

  /** `source_seq` of the last event of a run or publisher; 0 when none is known. */
  mark(source: string): number {
    return this.marks.get(source) ?? 0;
  }

  /** Where an outside event with this id stands in the log. */
  seqOf(source: string, id: string): number | undefined {
    return this.ids.placeOf(idKey(source, id));
  }

  apply(event: Envelope, seq: number): void {
    foldHub(this.state, event);
    this.marks.set(event.source, Math.max(this.mark(event.source), event.source_seq));
    if (isFromRun(event)) return;
    this.ids.add(idKey(event.source, event.id), seq);
  }
}

/** Sources have no colon (`publisherName`), so that two pairs never meet. */
export const idKey = (source: string, id: string): string => `${source}:${id}`;
