import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { JournalWriter } from '../../src/journal/journalWriter.js';
import { systemClock } from '../../src/primitives/clock.js';
import { Appender } from '../../src/records/appender.js';
import { encodeRecord } from '../../src/records/record.js';
import { RunPaths } from '../../src/session/paths.js';

const batch = 30;

/** Appends to files on a disk of 64 KiB until it is full, then makes room; says what was answered and what the files hold. */
async function main([folder = '']: readonly string[]): Promise<void> {
  const ballast = path.join(folder, 'ballast');
  const file = path.join(folder, 'records.jsonl');
  writeFileSync(ballast, Buffer.alloc(32 * 1024));
  const appender = await Appender.create(file, () => true);
  const text = 'x'.repeat(1500);
  const answers = await Promise.all(
    Array.from({ length: batch }, (_, n) => appender.append([encodeRecord({ n, text })])),
  );
  const full = { length: appender.length, size: statSync(file).size, content: readFileSync(file, 'utf8') };
  rmSync(ballast);
  const after = await appender.append([encodeRecord({ n: -1 })]);
  await appender[Symbol.asyncDispose]();
  const content = readFileSync(file, 'utf8');
  rmSync(file);
  say({ answers: answers.map((result) => (result.ok ? 'ok' : result.error.kind)), full, after: after.ok, content });

  writeFileSync(ballast, Buffer.alloc(32 * 1024));
  const identity = { runId: 'run_1', prdId: 'p', project: 'p', term: 1, lastSeq: 0 };
  const writer = await JournalWriter.create(
    new RunPaths(path.join(folder, 'run_1')),
    identity,
    () => true,
    systemClock,
  );
  const seqs: (number | string)[] = [];
  for (let n = 0; n < batch; n += 1) {
    if (n === batch - 1) rmSync(ballast);
    const result = await writer.append('log.message', { level: 'info', message: text });
    seqs.push(result.ok ? result.value.source_seq : result.error.kind);
  }
  await writer[Symbol.asyncDispose]();
  say({ seqs });
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

void main(process.argv.slice(2));
