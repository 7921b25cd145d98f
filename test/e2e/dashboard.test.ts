import assert from 'node:assert/strict';
import { chmod, readFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine, storyloop } from '../rig/commandLine.js';
import { fileAppears } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('storyloop dashboard', () => {
  it('says what to do when there is no hub', async () => {
    await using workspace = await Workspace.create();
    const { exitCode, stderr, stdout } = await storyloop(workspace, 'dashboard');
    assert.deepEqual([exitCode, stdout], [6, '']);
    assert.match(stderr, /storyloop serve/);
  });

  it('prints a link of its own each time, and opens it when asked', async () => {
    await using workspace = await Workspace.create();
    const hub = new CommandLine(workspace, ['serve', '--port', '0']);
    await fileAppears(path.join(workspace.home, 'hub', 'hub.json'));
    const bin = path.join(workspace.folder, 'bin');
    const opened = path.join(workspace.folder, 'opened');
    await workspace.write(
      `${bin}/xdg-open`,
      `#!/bin/sh\nprintf %s "$1" > ${opened}.part && mv ${opened}.part ${opened}\n`,
    );
    await chmod(`${bin}/xdg-open`, 0o755);
    const env = { PATH: `${bin}${path.delimiter}${process.env['PATH'] ?? ''}` };
    const first = await storyloop(workspace, 'dashboard');
    const second = await new CommandLine(workspace, ['dashboard', '--open'], env).ended();
    for (const { exitCode, stdout } of [first, second]) {
      assert.equal(exitCode, 0);
      assert.match(stdout, /^http:\/\/127\.0\.0\.1:\d+\/\?ticket=[\w-]{43}\n$/);
    }
    assert.notEqual(first.stdout, second.stdout);
    if (process.platform === 'linux') {
      await fileAppears(opened);
      assert.equal(`${await readFile(opened, 'utf8')}\n`, second.stdout);
    }
    hub.kill('SIGTERM');
    await hub.ended();
  });
});
