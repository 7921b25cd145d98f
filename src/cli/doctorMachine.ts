import { watch } from 'node:fs';
import { mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { deferred } from '../primitives/deferred.js';
import { readDiscovery } from '../session/discovery.js';
import type { UserPaths } from '../session/paths.js';
import { readPrivate, UnsafeFile } from '../session/privateFile.js';

/** What `storyloop doctor` finds: `missing` keeps a run from starting, `note` does not. */
export interface Finding {
  readonly kind: 'ok' | 'note' | 'missing';
  readonly text: string;
}

export const found = (text: string): Finding => ({ kind: 'ok', text });
export const note = (text: string): Finding => ({ kind: 'note', text });
export const missing = (text: string): Finding => ({ kind: 'missing', text });

/** Whether files can be made in `folder`, or in what is there of its path: nothing is left behind. */
export async function writable(folder: string, remedy: string): Promise<Finding> {
  let at = folder;
  while (!(await stat(at).catch(() => undefined)) && path.dirname(at) !== at) at = path.dirname(at);
  try {
    await rm(await mkdtemp(path.join(at, '.storyloop-doctor-')), { recursive: true });
    return found(`${folder} can be written`);
  } catch (error) {
    return missing(`${folder} cannot be written (${message(error)}): ${remedy}`);
  }
}

const leastBytes = 50 * 1024 ** 2;
const fewBytes = 1024 ** 3;

export async function diskSpace(folder: string): Promise<Finding> {
  let at = folder;
  while (!(await stat(at).catch(() => undefined)) && path.dirname(at) !== at) at = path.dirname(at);
  const { bavail, bsize } = await statfs(at);
  const bytes = bavail * bsize;
  const text = `${Math.floor(bytes / 1024 ** 2).toLocaleString('en')} MB free for ${folder}`;
  if (bytes < leastBytes) return missing(`${text}: a run stops when the disk is full; make room`);
  return bytes < fewBytes ? note(`${text}: little for the worktrees of a run`) : found(text);
}

export async function hubState(user: UserPaths): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const file of [user.token, user.discovery]) {
    try {
      await readPrivate(file);
    } catch (error) {
      const remedy = error instanceof UnsafeFile ? '. Remove it; the hub makes a new one' : '';
      findings.push(missing(`${message(error)}${remedy}`));
    }
  }
  const hub = findings.length === 0 ? await readDiscovery(user) : undefined;
  const where = hub && `Hub at http://${hub.host}:${hub.port} (pid ${hub.pid})`;
  return [...findings, found(where ?? 'No hub runs; a run needs none (VS Code or storyloop serve starts one)')];
}

const watchWithinMs = 2_000;

/** Without watching, files are looked at once a second: slower, and no reason not to run. */
export async function fileWatching(): Promise<Finding> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storyloop-doctor-'));
  const told = deferred<boolean>();
  const timer = setTimeout(() => {
    told.resolve(false);
  }, watchWithinMs);
  try {
    const watcher = watch(folder, () => {
      told.resolve(true);
    });
    try {
      await writeFile(path.join(folder, 'file'), '');
      return (await told.promise) ? found('Changes of files are told at once') : unwatched('nothing is told');
    } finally {
      watcher.close();
    }
  } catch (error) {
    return unwatched(message(error));
  } finally {
    clearTimeout(timer);
    await rm(folder, { recursive: true, force: true });
  }
}

const unwatched = (why: string): Finding =>
  note(
    `Changes of files are not told (${why}), so views follow once a second; on Linux, raise fs.inotify.max_user_watches and max_user_instances`,
  );

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
