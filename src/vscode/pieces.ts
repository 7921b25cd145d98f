import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * Loads every piece of the extension that activation put off, at once: whoever has a run in the window can pause, stop and
 * resume it also when an update took the extension's folder away.
 *
 * By the names that pieces call each other, from both places where they are: node then knows them without a look at the
 * disk.
 */
export function loadPieces(dist: string): void {
  const pieces = path.join(dist, 'extension');
  const names = readdirSync(pieces).filter((name) => name.endsWith('.js'));
  for (const name of names) createRequire(path.join(dist, 'extension.js'))(`./extension/${name}`);
  for (const name of names) createRequire(path.join(pieces, name))(`./${name}`);
}
