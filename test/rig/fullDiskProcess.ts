import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Appender } from '../../src/records/appender.js';
import { encodeRecord } from '../../src/records/record.js';

/** Appends to a file on a small disk until it is full, then makes room; says what was answered and what the file holds. */
async function main([folder = '']: readonly string[]): Promise<void> {
  const file = path.join(folder, 'records.jsonl');
  const ballast = path.join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(32 * 1024));
  await using appender = await Appender.create(file, () => true);
  const answers: string[] = [];
  const batch = async (from: number): Promise<void> => {
    const appended = Array.from({ length: 30 }, (_, index) =>
      appender.append([encodeRecord({ n: from + index, text: 'x'.repeat(1500) })]),
    );
    answers.push(...(await Promise.all(appended)).map((result) => (result.ok ? 'ok' : result.error.kind)));
  };
  await batch(0);
  const full = { length: appender.length, size: statSync(file).size, content: readFileSync(file, 'utf8') };
  rmSync(ballast);
  const after = await appender.append([encodeRecord({ n: -1 })]);
  say({ answers, full, after: after.ok, content: readFileSync(file, 'utf8') });
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

void main(process.argv.slice(2));
