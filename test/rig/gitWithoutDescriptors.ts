import { closeSync, openSync } from 'node:fs';
import { git } from '../../src/git/git.js';
import { errorCode } from '../../src/primitives/errorCode.js';

/** Asks git something when this process can open no file more, then when it can again; prints both answers. */
async function main(): Promise<void> {
  const opened: number[] = [];
  for (;;) {
    try {
      opened.push(openSync('/dev/null', 'r'));
    } catch (error) {
      if (errorCode(error) !== 'EMFILE') throw error;
      break;
    }
  }
  const without = await git('/', ['version']);
  opened.forEach(closeSync);
  process.stdout.write(JSON.stringify({ without, after: await git('/', ['version']) }));
}

void main();
