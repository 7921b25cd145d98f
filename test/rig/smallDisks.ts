import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { cli } from './commandLine.js';
import type { Workspace } from './workspace.js';

const chunk = Buffer.alloc(4_096);

/** Small disks over some folders, for the processes that are started through {@link program} and for nobody else. */
export class SmallDisks implements AsyncDisposable {
  private constructor(
    private readonly holder: ChildProcess,
    private readonly workspace: Workspace,
    private readonly folders: readonly string[],
  ) {}

  /** Undefined where the machine lets us have none. */
  static async over(workspace: Workspace, size: string, folders: readonly string[]): Promise<SmallDisks | undefined> {
    for (const folder of folders) for (const name of [folder, `${folder}.disk`]) mkdirSync(name, { recursive: true });
    // What lies in the folders is on their disks too, for those who see them.
    const script = [
      'for each; do',
      `mount -t tmpfs -o size=${size},mode=700 none "$each.disk" || exit 77`,
      'cp -a "$each/." "$each.disk/" && mount --move "$each.disk" "$each" || exit 1',
      'done; echo ready; exec cat',
    ].join('\n');
    const namespace = ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...folders];
    const holder = spawn('unshare', namespace, { stdio: ['pipe', 'pipe', 'ignore'] });
    const ready = once(holder.stdout, 'data').then(() => true);
    const failed = Promise.race([once(holder, 'error'), once(holder, 'exit')]).then(() => false);
    if (await Promise.race([ready, failed])) return new SmallDisks(holder, workspace, folders);
    removeMountPoints(folders);
    return undefined;
  }

  /** The command line, started where the disks are; for {@link CommandLine}. */
  get program(): readonly string[] {
    const enter = ['nsenter', '--target', String(this.#pid), '--user', '--mount', '--preserve-credentials'];
    return [...enter, 'sh', '-c', 'cd "$0" && exec "$@"', this.workspace.root, process.execPath, cli];
  }

  /** Answers what git says of the repository as the processes in there see it. */
  git(...args: string[]): string {
    return execFileSync('git', args, { cwd: this.see(this.workspace.root), encoding: 'utf8' }).trimEnd();
  }

  /** Where we see a file that lies on one of them. */
  see(file: string): string {
    return path.join(`/proc/${this.#pid}/root`, file);
  }

  /** Leaves no room on the disk over `folder`. */
  fill(folder: string): void {
    const file = openSync(this.#ballast(folder), 'w');
    try {
      for (;;) writeSync(file, chunk);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeRoom(folder: string): void {
    rmSync(this.#ballast(folder));
  }

  /** Nobody can write in `folder` any more. */
  lock(folder: string): void {
    const enter = ['--target', String(this.#pid), '--user', '--mount', '--preserve-credentials'];
    execFileSync('nsenter', [...enter, 'mount', '-o', 'remount,ro', folder]);
  }

  get #pid(): number {
    return this.holder.pid ?? 0;
  }

  #ballast(folder: string): string {
    return this.see(path.join(folder, 'ballast'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.holder, 'exit');
    this.holder.stdin?.end();
    await exit;
    removeMountPoints(this.folders);
  }
}

function removeMountPoints(folders: readonly string[]): void {
  for (const folder of folders) rmdirSync(`${folder}.disk`);
}
