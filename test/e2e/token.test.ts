import assert from 'node:assert/strict';
import { storyloop } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { Workspace } from '../rig/workspace.js';

describe('storyloop token', () => {
  it('prints the token that the hub takes, and rotated, the old one is refused as soon as the command is over', async () => {
    await using workspace = await Workspace.create();
    const token = async (): Promise<string> => (await storyloop(workspace, 'token')).stdout.trim();
    const first = await token();
    assert.equal(await token(), first);
    await using hub = await Served.start(workspace);
    const status = async (secret: string): Promise<number> =>
      (await hub.fetch('/api/stats', { headers: { authorization: `Bearer ${secret}` } })).status;
    assert.equal(await status(first), 200);

    const reader = (await storyloop(workspace, 'token', '--scope', 'read')).stdout.trim();
    const asCi = (await storyloop(workspace, 'token', '--scope', 'publish', '--publisher', 'ci')).stdout.trim();
    assert.deepEqual([await status(reader), await status(asCi)], [200, 403]);
    for (const wrong of [
      ['--publisher', 'ci'],
      ['--scope', 'publish', '--publisher', 'hub'],
      ['--scope', 'all'],
    ])
      assert.equal((await storyloop(workspace, 'token', ...wrong)).exitCode, 2);

    const { exitCode, stdout } = await storyloop(workspace, 'token', 'rotate');
    assert.equal(exitCode, 0);
    assert.doesNotMatch(stdout, /[\w-]{43}/, 'it shows no secret that nobody asked for');
    for (const old of [first, reader, asCi]) assert.equal(await status(old), 401);
    assert.equal(await status(await token()), 200);
    assert.equal((await storyloop(workspace, 'emit', 'prd.paused', '--prd', 'P-1', '--strict')).exitCode, 0);
  });
});
