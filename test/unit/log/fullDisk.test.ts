import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import fullDiskProgram from './fullDiskProgram.ts?bundle';

describe('On a full disk, the hub', () => {
  const folder = useTemporaryFolder();

  it('answers 507 and tells nobody what it could not store, tears nothing, and goes on when there is room', function () {
    // A small disk in a mount namespace of its own; not every machine lets us have one.
    const program = path.join(folder(), 'full.cjs');
    writeFileSync(program, fullDiskProgram);
    const disk = path.join(folder(), 'disk');
    mkdirSync(disk);
    const script = 'mount -t tmpfs -o size=256k none "$1" || exit 77; exec "$2" "$3" "$1"';
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', disk, process.execPath, program],
      { encoding: 'utf8', timeout: 20_000 },
    );
    if (status === null || status === 77 || stderr.startsWith('unshare:')) this.skip();
    assert.equal(stderr, '');
    const said = JSON.parse(stdout) as { answers: string[]; told: string[]; after: string; wholeLines: boolean };
    const stored = said.answers.flatMap((answer, index) => (answer === '200' ? [`${100 + index}`] : []));
    assert.ok(stored.length > 5 && stored.length < 30, `${stored.length} fitted`);
    assert.deepEqual([...new Set(said.answers)], ['200', '507 INSUFFICIENT_STORAGE']);
    assert.deepEqual(said.told, [...stored, 'end']);
    assert.equal(said.after, '200');
    assert.equal(said.wholeLines, true);
  });
});
