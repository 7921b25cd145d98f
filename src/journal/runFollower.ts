import type { Envelope } from '../events/envelope.js';
import { syncFile } from '../records/durability.js';
import type { ScannedRecord } from '../records/scan.js';
import { Tail } from '../records/tail.js';
import { Terms } from '../records/terms.js';
import { parseHolder, type Holder } from '../session/holder.js';
import { journalTerms, prdOfRun } from '../session/journalFiles.js';
import type { ProjectPaths } from '../session/paths.js';
import { countedLength, takeEvents } from './journalEvents.js';
import { LiveReader } from './liveFile.js';

const ends: ReadonlySet<string> = new Set(['prd.completed', 'prd.cancelled', 'prd.stopped']);

export interface RunFollowerOptions {
  /** `source_seq` of the last event that is known already. */
  readonly after: number;
  readonly onBatch: (batch: { readonly events: readonly Envelope[]; readonly transient: boolean }) => Promise<void>;
  readonly onFault: (message: string) => void;
}

/** One term's journal, and its live file. */
interface Part {
  readonly term: number;
  readonly tail: Tail;
  readonly live: LiveReader;
}

/** Follows one run, term by term: the next journal is begun when it is decided how much of the one before counts. */
export class RunFollower {
  #lastSeq = 0;
  #terms: Terms<Holder> | undefined;
  #part: Part | undefined;
  #doneTerm = 0;
  #faulty = false;
  #ended = false;
  #oldLive: boolean;

  /** `oldLive`: what the live file of its present term says now was told before we listened. */
  constructor(
    readonly project: ProjectPaths,
    readonly runId: string,
    oldLive: boolean,
    readonly options: RunFollowerOptions,
  ) {
    this.#oldLive = oldLive;
  }

  /** Known once the run's first event can be read. */
  prdId: string | undefined;

  /** Whether nothing is expected of it: it ended, or its journal is damaged. */
  get settled(): boolean {
    return this.#ended || this.#faulty;
  }

  /** Hands over what is there now. One call at a time. */
  async catchUp(): Promise<void> {
    const run = this.project.run(this.runId);
    this.prdId ??= await prdOfRun(run);
    if (this.prdId === undefined) return;
    const terms = (this.#terms ??= new Terms(this.project.terms(this.prdId), parseHolder));
    while (!this.#faulty) {
      this.#part ??= await this.#nextPart(terms);
      if (!this.#part) break;
      const { term, tail } = this.#part;
      await tail.catchUp();
      const counted = await countedLength(terms, this.runId, term);
      if (typeof counted !== 'number') break;
      if (tail.position < counted) continue;
      this.#doneTerm = term;
      this.#part = undefined;
    }
    this.#oldLive = false;
    if (this.#part) await this.#readLive(this.#part, terms);
  }

  async #nextPart(terms: Terms<Holder>): Promise<Part | undefined> {
    const run = this.project.run(this.runId);
    const term = (await journalTerms(run)).find((one) => one > this.#doneTerm);
    if (term === undefined) return undefined;
    const limit = async (): Promise<number> => {
      const counted = await countedLength(terms, this.runId, term);
      return counted === 'open' ? Number.POSITIVE_INFINITY : counted === 'pending' ? 0 : counted;
    };
    const tail = new Tail(run.journal(term), {
      from: 0,
      limit,
      onRecords: (records) => this.#handOver(records, term),
      onCorrupt: (fault, offset) => {
        this.#stop(`${run.journal(term)}: ${fault} at byte ${offset}`);
      },
    });
    const live = run.live(term);
    return { term, tail, live: this.#oldLive ? LiveReader.fromEnd(live) : LiveReader.fromStart(live) };
  }

  async #handOver(records: readonly ScannedRecord[], term: number): Promise<void> {
    const { events, lastSeq, fault } = takeEvents(records, {
      runId: this.runId,
      term,
      lastSeq: this.#lastSeq,
      skip: this.options.after,
    });
    const last = events.at(-1);
    if (last) {
      // Its writer may not have come to that yet, and what is not on disk could still be taken back by a power loss.
      await syncFile(this.project.run(this.runId).journal(term));
      await this.options.onBatch({ events, transient: false });
      this.#ended = ends.has(last.type);
    }
    this.#lastSeq = lastSeq;
    if (fault !== undefined) this.#stop(`${this.project.run(this.runId).journal(term)}: ${fault}`);
  }

  async #readLive({ term, live }: Part, terms: Terms<Holder>): Promise<void> {
    const events = await live.read();
    if (events.length > 0 && terms.isHighest(term)) await this.options.onBatch({ events, transient: true });
  }

  #stop(fault: string): void {
    this.#faulty = true;
    this.options.onFault(fault);
  }
}
