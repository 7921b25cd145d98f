import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import { deferred, type Deferred } from '../../src/primitives/deferred.js';
import { inTurn } from '../../src/session/repositoryTurns.js';

/** Takes turns of a repository: one that lasts until it is told otherwise, or many of which it says whether any overlapped. */
async function main([commonDir = '']: readonly string[]): Promise<void> {
  let told: Deferred<void> | undefined;
  for await (const line of readline.createInterface({ input: process.stdin })) {
    if (line === 'take') {
      const end = (told = deferred());
      void inTurn(commonDir, 'worktrees', async () => {
        say({ begun: process.pid });
        await end.promise;
      }).then(() => {
        say({ ended: true });
      });
    }
    if (line === 'end') told?.resolve();
    if (line.startsWith('take ')) void many(commonDir, Number(line.slice(5)));
  }
}

async function many(commonDir: string, count: number): Promise<void> {
  const marker = path.join(commonDir, 'busy');
  let overlaps = 0;
  const turn = async (): Promise<void> => {
    const handle = await open(marker, 'wx').catch(() => undefined);
    if (!handle) {
      overlaps += 1;
      return;
    }
    await handle.close();
    await unlink(marker);
  };
  await Promise.all(Array.from({ length: count }, () => inTurn(commonDir, 'worktrees', turn)));
  say({ overlaps });
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

void main(process.argv.slice(2));
