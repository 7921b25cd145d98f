import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram, run } from './processes.mjs';

/** Whether the tests that run inside VS Code get a downloaded desktop one: asked for, or because the server is for Linux. */
export const testsUseDesktop = process.env.STORYLOOP_VSCODE === 'desktop' || process.platform !== 'linux';

/** The desktop VS Code of this machine, when there is one and a screen to show it on. */
export function findDesktop() {
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  return hasDisplay ? findProgram('code') : undefined;
}

/** Opens a folder in a desktop VS Code that shares nothing with the user's own. Ends when its window is closed. */
export async function openDesktop(code, { folder, state, vsix, settings, env }) {
  const shell = process.platform === 'win32';
  const user = path.join(state, 'user');
  await mkdir(path.join(user, 'User'), { recursive: true });
  await writeFile(path.join(user, 'User', 'settings.json'), JSON.stringify(settings));
  const own = ['--user-data-dir', user, '--extensions-dir', path.join(state, 'extensions')];
  const program = shell ? `"${code}"` : code;
  await run(program, [...own, '--install-extension', vsix], { shell });
  await run(program, [...own, '--new-window', '--wait', folder], { shell, env: { ...process.env, ...env } });
}
