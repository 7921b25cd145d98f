import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cached, install } from './cache.mjs';
import { run } from './processes.mjs';

const VERSION = '2.1.329';

/** The program of Claude Code, from npm; installed once a machine. Only the part for this platform, which is all of it. */
export async function ensureClaudeCode() {
  if (!['linux', 'darwin'].includes(process.platform)) throw new Error('Claude Code is tested on Linux and macOS only');
  const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
  const folder = cached(`claude-code-${VERSION}`);
  const program = path.join(folder, 'node_modules', name, 'claude');
  if (!existsSync(program)) {
    await install(folder, async (unfinished) => {
      // Without a package.json of its own, npm would install into the nearest folder above that has one.
      await writeFile(path.join(unfinished, 'package.json'), '{ "private": true }\n');
      await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--force', `${name}@${VERSION}`], {
        cwd: unfinished,
      });
    });
  }
  return program;
}
