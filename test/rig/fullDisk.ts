import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fullDiskProcess from './fullDiskProcess.ts?bundle';

/** What the program says on a full disk, line by line: a small disk in a mount namespace of its own. Undefined where the machine lets us have none. */
export function onFullDisk(folder: string): unknown[] | undefined {
  const program = path.join(folder, 'full.cjs');
  writeFileSync(program, fullDiskProcess);
  const disk = path.join(folder, 'disk');
  mkdirSync(disk);
  const script = 'mount -t tmpfs -o size=64k none "$1" || exit 77; exec "$2" "$3" "$1"';
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', disk, process.execPath, program],
    { encoding: 'utf8' },
  );
  if (status === null || status === 77 || stderr.startsWith('unshare:')) return undefined;
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
