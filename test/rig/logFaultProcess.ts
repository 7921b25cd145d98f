import { EventLog } from '../../src/log/eventLog.js';
import { silentLogger } from '../../src/primitives/logger.js';

const count = 12;

/**
 * Opens the log in `dir` and appends one event after the other, whatever is answered; says what was acknowledged, and where.
 * Its segments are so small that each has few events.
 */
async function main([dir = '']: readonly string[]): Promise<void> {
  const answers: (readonly [string, string])[] = [];
  const opening = EventLog.open({
    dir,
    term: 1,
    logger: silentLogger,
    accept: () => Promise.resolve(),
    acceptedLength: () => Promise.resolve(undefined),
    stillOwner: () => true,
    maxSegmentBytes: 900,
  });
  const log = await opening.catch(() => undefined);
  for (let n = 1; log && n <= count; n += 1) {
    const event = {
      ...{ id: `e_${n}`, type: 'log.message', timestamp: '2026-01-01T00:00:00.000Z', source: 'ci', term: 0 },
      ...{ source_seq: n, data: { level: 'info', message: `${n}` } },
    };
    const stored = await log.append([event]);
    answers.push([event.id, stored.ok ? String(stored.value[0]?.seq) : stored.error.kind]);
    for (const entry of stored.ok ? stored.value : []) log.memory.apply(entry.event, entry.seq);
  }
  process.stdout.write(`${JSON.stringify({ opened: log !== undefined, answers })}\n`, () => process.exit(0));
}

void main(process.argv.slice(2));
