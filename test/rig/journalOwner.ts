import { appendFileSync } from 'node:fs';
import { JournalWriter } from '../../src/journal/journalWriter.js';
import { readJournal } from '../../src/journal/readJournal.js';
import { systemClock } from '../../src/primitives/clock.js';
import { encodeRecord } from '../../src/records/record.js';
import { Terms } from '../../src/records/terms.js';
import { currentHolder, parseHolder, type Holder } from '../../src/session/holder.js';
import type { ProjectPaths } from '../../src/session/paths.js';

export const PRD = 'prd-1';

export function termsOf(project: ProjectPaths): Terms<Holder> {
  return new Terms(project.terms(PRD), parseHolder);
}

/** An owner of a run without a process: claims, accepts and writes in the steps that a test wants to interleave. */
export class Owner implements AsyncDisposable {
  #writer: JournalWriter | undefined;
  #lastSeq = 0;

  private constructor(
    readonly project: ProjectPaths,
    readonly runId: string,
    readonly term: number,
  ) {}

  static async claim(project: ProjectPaths, runId: string): Promise<Owner> {
    const terms = termsOf(project);
    const term = ((await terms.highest())?.term ?? 0) + 1;
    if (!(await terms.claim(term, currentHolder('test', runId)))) throw new Error('Somebody else was faster');
    return new Owner(project, runId, term);
  }

  /** Reads what counts, records it, and begins its journal. */
  async accept(): Promise<this> {
    const terms = termsOf(this.project);
    const { events, lengths } = await readJournal(this.project, PRD, this.runId);
    await terms.accept(this.term, lengths);
    this.#lastSeq = events.at(-1)?.source_seq ?? 0;
    this.#writer = await JournalWriter.create(
      this.project.run(this.runId),
      { runId: this.runId, prdId: PRD, project: 'p', term: this.term, lastSeq: this.#lastSeq },
      () => terms.isHighest(this.term),
      systemClock,
    );
    return this;
  }

  get writer(): JournalWriter {
    if (!this.#writer) throw new Error('Not yet');
    return this.#writer;
  }

  /** Whether it was acknowledged. */
  async append(message: string): Promise<boolean> {
    const result = await this.writer.append('log.message', { level: 'info', message });
    if (result.ok) this.#lastSeq = result.value.source_seq;
    return result.ok;
  }

  /** As a ghost does that was stopped between its write and its look at the terms. */
  appendUnasked(message: string): void {
    this.#lastSeq += 1;
    const event = {
      ...{ id: `ghost_${this.term}_${this.#lastSeq}`, type: 'log.message', project: 'p', prd_id: PRD },
      ...{ run_id: this.runId, timestamp: new Date().toISOString(), source: this.runId, term: this.term },
      ...{ source_seq: this.#lastSeq, data: { level: 'info', message } },
    };
    appendFileSync(this.project.run(this.runId).journal(this.term), encodeRecord(event));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer?.[Symbol.asyncDispose]();
  }
}
