import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Gate } from '../config/gates.js';
import { preCommitHook } from '../git/hooks.js';

/**
 * The pre-commit hook of `checkout` as a gate on the files in `root`. Its text says what the hook's files hold, so that a
 * hook that changed is another gate.
 */
export async function hookGate(root: string, checkout: string): Promise<Gate[]> {
  const hook = await preCommitHook(checkout);
  if (!hook) return [];
  const files: string[] = [];
  for (const file of hook.files) {
    const inside = path.relative(checkout, path.resolve(checkout, file)).split(path.sep).join('/');
    const name = inside === '..' || inside.startsWith('../') || path.isAbsolute(inside) ? file : inside;
    files.push(`${name} (sha256 ${await hashOf(path.resolve(root, file))})`);
  }
  return [
    {
      kind: 'hook',
      name: 'pre-commit',
      argv: ['git', 'hook', 'run', 'pre-commit'],
      text: `git hook run pre-commit → ${files.join(', ')}`,
      required: true,
      reads: hook.files.filter((file) => !path.isAbsolute(file)).map((file) => file.split(path.sep).join('/')),
    },
  ];
}

/** As much of it as nobody can find another file for. */
async function hashOf(file: string): Promise<string> {
  const content = await readFile(file).catch(() => undefined);
  return content === undefined ? 'none' : createHash('sha256').update(content).digest('hex').slice(0, 32);
}
