import { constants, type Stats } from 'node:fs';
import { open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';
import { ProjectPaths } from '../session/paths.js';
import type { Project } from '../session/projects.js';
import type { HubState } from '../state/hubState.js';

/** What of a run's folder may be read, and how its files are called there: prompts, transcripts, output of gates. */
const shown: Readonly<Record<string, RegExp>> = {
  prompts: /^[A-Za-z0-9][\w.-]{0,150}-\d{1,6}\.md$/,
  output: /^[A-Za-z0-9][\w.-]{0,150}-\d{1,6}-[a-z][a-z0-9-]{0,40}\.log$/,
};

/** Largest file that is sent; whoever writes them ends at 64 MiB. */
export const maxFileBytes = 65 * 1024 ** 2;
const maxListed = 10_000;

const flags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK);

export interface RunFile {
  /** As it stands in the address: `prompts/US-1-1.md`. */
  readonly name: string;
  readonly bytes: number;
}

/** An open file; whoever gets it closes it. `bytes` is its length by now: it may grow. */
export interface OpenRunFile extends RunFile {
  readonly handle: FileHandle;
}

interface Sources {
  readonly state: HubState;
  readonly projectOf: (id: string) => Project | undefined;
}

/** The files of a run that may be read; undefined when no run of ours is called so. */
export async function listRunFiles(sources: Sources, runId: string): Promise<RunFile[] | undefined> {
  const folder = await runFolder(sources, runId);
  if (folder === undefined) return undefined;
  const files: RunFile[] = [];
  for (const [place, pattern] of Object.entries(shown)) {
    const names = await readdir(path.join(folder, place)).catch((): string[] => []);
    for (const name of names.filter((one) => pattern.test(one)).sort()) {
      const file = await look(folder, place, name);
      if (file && files.length < maxListed) files.push({ name: `${place}/${name}`, bytes: file.stats.size });
    }
  }
  return files;
}

/** Opens `<place>/<name>` of a run; undefined for everything that is not exactly one of its files. */
export async function openRunFile(
  sources: Sources,
  runId: string,
  place: string,
  name: string,
): Promise<OpenRunFile | undefined> {
  if (!Object.hasOwn(shown, place) || !shown[place]?.test(name)) return undefined;
  const folder = await runFolder(sources, runId);
  const known = folder === undefined ? undefined : await look(folder, place, name);
  if (!known) return undefined;
  try {
    const handle = await open(known.file, flags);
    const stats = await handle.stat();
    // What was looked at is what was opened: nothing was put in its place in between.
    if (stats.isFile() && stats.ino === known.stats.ino && stats.dev === known.stats.dev)
      return { handle, name: `${place}/${name}`, bytes: stats.size };
    await handle.close();
    return undefined;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Only a run that its own journal told of has a folder, in a project that the user ran something in. */
async function runFolder({ state, projectOf }: Sources, runId: string): Promise<string | undefined> {
  const run = state.runs.get(runId);
  const project = run && !run.external && /^run_[a-z0-9_]{1,60}$/.test(run.id) ? projectOf(run.project) : undefined;
  if (!project) return undefined;
  try {
    // The repository may be anywhere, behind links as well; below it none is followed.
    return new ProjectPaths(await realpath(project.common_dir)).run(runId).dir;
  } catch {
    return undefined;
  }
}

/** A regular file that is where its name says: a link, in its place or on the way to it, leads elsewhere and is refused. */
async function look(folder: string, place: string, name: string): Promise<{ file: string; stats: Stats } | undefined> {
  const file = path.join(folder, place, name);
  try {
    if ((await realpath(file)) !== file) return undefined;
    const stats = await stat(file);
    return stats.isFile() ? { file, stats } : undefined;
  } catch {
    return undefined;
  }
}
