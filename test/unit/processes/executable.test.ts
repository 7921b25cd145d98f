import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { findExecutable, launchOf } from '../../../src/processes/executable.js';

describe('findExecutable', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'executable ü ')));
    await mkdir(path.join(folder, 'first/tool'), { recursive: true });
    await mkdir(path.join(folder, 'second'));
    await writeFile(path.join(folder, 'second/tool'), '', { mode: 0o755 });
    await writeFile(path.join(folder, 'second/plain'), '', { mode: 0o644 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('finds the first file on the PATH that may be executed, not a folder', () => {
    const env = { PATH: ['first', 'second'].map((name) => path.join(folder, name)).join(path.delimiter) };
    assert.equal(findExecutable('tool', env), path.join(folder, 'second/tool'));
    assert.equal(findExecutable('plain', env), undefined);
    assert.equal(findExecutable('absent', env), undefined);
    assert.equal(findExecutable('tool', {}), undefined);
  });

  it('takes a name with a slash as a path from the folder it is run in', async () => {
    assert.equal(findExecutable('second/tool', { PATH: '' }, folder), path.join(folder, 'second/tool'));
    assert.equal(findExecutable(path.join(folder, 'second/tool'), {}), path.join(folder, 'second/tool'));
    await chmod(path.join(folder, 'second/tool'), 0o644);
    assert.equal(findExecutable('second/tool', {}, folder), undefined);
  });
});

describe('launchOf', () => {
  it('starts a program as it is', () => {
    assert.deepEqual(launchOf(['git', 'a b', '%PATH%'], 'C:\\git.exe'), {
      file: 'git',
      args: ['a b', '%PATH%'],
      windowsVerbatimArguments: false,
    });
  });

  it('starts a .cmd shim through cmd.exe with every character that cmd.exe reads escaped twice', () => {
    const { file, args, windowsVerbatimArguments } = launchOf(
      ['npm', 'a&b', '%X%', 'say "hi"\\'],
      'C:\\node js\\npm.cmd',
    );
    assert.equal(file, 'cmd.exe');
    assert.ok(windowsVerbatimArguments);
    assert.deepEqual(args, [
      '/d',
      '/s',
      '/c',
      '"C:\\node^ js\\npm.cmd ^^^"a^^^&b^^^" ^^^"^^^%X^^^%^^^" ^^^"say^^^ \\^^^"hi\\^^^"\\\\^^^""',
    ]);
  });
});
