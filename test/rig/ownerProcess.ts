import readline from 'node:readline';
import { JournalWriter } from '../../src/journal/journalWriter.js';
import { readJournal } from '../../src/journal/readJournal.js';
import { systemClock } from '../../src/primitives/clock.js';
import { silentLogger } from '../../src/primitives/logger.js';
import { currentHolder } from '../../src/session/holder.js';
import { Ownership } from '../../src/session/ownership.js';
import { ProjectPaths } from '../../src/session/paths.js';

/** A coordinator in small: owns a PRD's run, resumes its journal, and appends to it when told. */
async function main([commonDir = '', prdId = '', runId = '', waitMs = '0']: readonly string[]): Promise<void> {
  const project = new ProjectPaths(commonDir);
  const acquired = await Ownership.acquire({
    terms: project.terms(prdId),
    lockFile: project.lock(prdId),
    holder: currentHolder('storyloop run', runId),
    waitMs: Number(waitMs),
    clock: systemClock,
    logger: silentLogger,
    onWaiting: (holder) => {
      say({ waiting: holder.pid });
    },
  });
  if (!acquired.ok) {
    say({ held: acquired.error.holder.pid, run: acquired.error.holder.run_id });
    return;
  }
  const ownership = acquired.value;
  ownership.lost.addEventListener('abort', () => {
    say({ lost: true });
  });
  const { events, lengths } = await readJournal(project, prdId, runId);
  await ownership.accept(lengths);
  const writer = await JournalWriter.create(
    project.run(runId),
    { runId, prdId, project: 'p', term: ownership.term, lastSeq: events.at(-1)?.source_seq ?? 0 },
    () => ownership.isCurrent(),
    systemClock,
  );
  say({ owner: ownership.term, previous: ownership.previous?.holder.pid });

  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [order = '', argument = ''] = line.split(' ');
    if (order === 'current') say({ current: ownership.isCurrent() });
    if (order === 'append') {
      const result = await writer.append('log.message', { level: 'info', message: argument });
      say({ appended: result.ok ? result.value.source_seq : result.error.kind });
    }
    if (order === 'tell')
      writer.tell('command.progress', { story_key: 'S', command: 'c', task_id: 't', message: argument });
    if (order === 'release') break;
  }
  process.stdin.destroy();
  await writer[Symbol.asyncDispose]();
  await ownership[Symbol.asyncDispose]();
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

void main(process.argv.slice(2));
