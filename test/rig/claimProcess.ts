import { Terms } from '../../src/records/terms.js';

/** Claims one term after the other as fast as it can, and says which ones it won. */
async function main([dir = '', name = '', count = '']: readonly string[]): Promise<void> {
  const terms = new Terms(dir, (value) => value as { name: string });
  const won: number[] = [];
  process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
  await new Promise((resolve) => process.stdin.once('data', resolve));
  for (let term = 1; term <= Number(count); term += 1) if (await terms.claim(term, { name })) won.push(term);
  process.stdout.write(`${JSON.stringify({ won })}\n`);
  process.stdin.destroy();
}

void main(process.argv.slice(2));
