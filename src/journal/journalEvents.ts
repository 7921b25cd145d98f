import { parseEnvelope, type Envelope } from '../events/envelope.js';
import type { ScannedRecord } from '../records/scan.js';
import type { Terms } from '../records/terms.js';
import type { Holder } from '../session/holder.js';
import { journalName } from '../session/journalFiles.js';

/** What records of a run's journal say: its events, up to the first fault. */
export interface JournalEvents {
  readonly events: Envelope[];
  /** `source_seq` of the last good one. */
  readonly lastSeq: number;
  readonly fault: string | undefined;
}

/**
 * Takes the events of a term's journal that follow event `lastSeq` of the run, and checks that each is in its place and
 * none is missing. The first `skip` events of the run are only counted.
 */
export function takeEvents(
  records: readonly ScannedRecord[],
  { runId, term, lastSeq, skip }: { runId: string; term: number; lastSeq: number; skip: number },
): JournalEvents {
  const events: Envelope[] = [];
  let last = lastSeq;
  for (const { value } of records) {
    const seq = last + 1;
    if (value['source'] !== runId || value['term'] !== term || value['source_seq'] !== seq) {
      return { events, lastSeq: last, fault: `event ${seq} is not where it should be` };
    }
    if (seq > skip) {
      const event = parseEnvelope(value);
      if (!event.ok) return { events, lastSeq: last, fault: `event ${seq}: ${event.error}` };
      events.push(event.value);
    }
    last = seq;
  }
  return { events, lastSeq: last, fault: undefined };
}

/** How many bytes of a run's journal of `term` count, as {@link Terms.acceptedLength}. */
export async function countedLength(
  terms: Terms<Holder>,
  runId: string,
  term: number,
): Promise<'open' | 'pending' | number> {
  return terms.acceptedLength(term, journalName(runId, term), `runs/${runId}/`);
}
