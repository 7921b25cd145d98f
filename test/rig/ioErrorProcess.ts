import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { Appender } from '../../src/records/appender.js';
import { encodeRecord } from '../../src/records/record.js';

/** Loses its file under it (its descriptor is closed), and says what is answered. In a process of its own, because its number may be used again. */
async function main([file = '']: readonly string[]): Promise<void> {
  const appender = await Appender.create(file, () => true);
  const answers: unknown[] = [];
  const append = async (n: number): Promise<void> => {
    const result = await appender.append([encodeRecord({ n })]);
    answers.push(result.ok ? 'ok' : result.error.kind);
  };
  await append(1);
  closeSync(Number(readdirSync('/proc/self/fd').find((descriptor) => linkOf(descriptor) === file)));
  await Promise.all([append(2), append(3)]);
  await append(4);
  process.stdout.write(`${JSON.stringify({ answers, length: appender.length })}\n`, () => process.exit(0));
}

function linkOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

void main(process.argv.slice(2));
