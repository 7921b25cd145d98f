import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  hubToken,
  lastHubPort,
  readDiscovery,
  removeDiscovery,
  rotateToken,
  writeDiscovery,
  type Discovery,
} from '../../../src/session/discovery.js';
import { UserPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

const discovery: Discovery = {
  ...{ v: 1, host: '127.0.0.1', port: 18_790, pid: process.pid, start_time: '', instance: 'i1', term: 1 },
  token: 'x'.repeat(43),
};

describe('The discovery of a hub', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));

  /** What is found when the file says this. */
  async function found(content: unknown): Promise<Discovery | undefined> {
    writeFileSync(user().discovery, JSON.stringify(content), { mode: 0o600 });
    return await readDiscovery(user());
  }

  it('believes no field that cannot be right', async () => {
    await writeDiscovery(user(), discovery);
    const right: Partial<Discovery>[] = [{ port: 1 }, { port: 65_535 }, { token: 'x'.repeat(40) }];
    for (const change of right) assert.deepEqual(await found({ ...discovery, ...change }), { ...discovery, ...change });
    const wrong = [
      ...[{ v: 2 }, { host: 1 }, { port: 0 }, { port: 65_536 }, { port: 80.5 }, { port: '80' }],
      ...[{ pid: 0 }, { pid: -1 }, { pid: process.pid + 0.5 }, { start_time: null }, { instance: 1 }],
      ...[{ term: 0 }, { term: -1 }, { term: 1.5 }, { token: 'x'.repeat(39) }, { token: 1 }],
    ];
    for (const change of wrong)
      assert.equal(await found({ ...discovery, ...change }), undefined, JSON.stringify(change));
    for (const name of Object.keys(discovery))
      assert.equal(await found({ ...discovery, [name]: undefined }), undefined, name);
  });

  it('is not taken for missing when nobody can look', async () => {
    writeFileSync(user().home, '');
    await assert.rejects(readDiscovery(user()), { code: 'ENOTDIR' });
  });

  it('is removed when the hub that it names is gone, too', async () => {
    await writeDiscovery(user(), { ...discovery, pid: 2 ** 22 - 1 });
    await removeDiscovery(user(), 'i1');
    assert.ok(!existsSync(user().discovery));
  });

  it('leaves the port where the next hub looks for it', async () => {
    assert.equal(await lastHubPort(user()), undefined);
    await writeDiscovery(user(), discovery);
    await removeDiscovery(user(), 'i1');
    assert.equal(await lastHubPort(user()), 18_790);
    for (const nonsense of ['', 'x', '0', '65536', '1.5', '-1']) {
      writeFileSync(user().hubPort, nonsense);
      assert.equal(await lastHubPort(user()), undefined, nonsense);
    }
  });

  it('stands in a folder that is closed to others', async () => {
    mkdirSync(user().hub, { recursive: true, mode: 0o755 });
    await writeDiscovery(user(), discovery);
    assert.equal(statSync(user().hub).mode & 0o777, 0o700);
  });
});

describe('The token of a user', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));

  it('is another one from the moment at which it is rotated', async () => {
    const rotated = await rotateToken(user());
    assert.equal(await hubToken(user()), rotated);
    assert.notEqual(await rotateToken(user()), rotated);
    assert.notEqual(await hubToken(user()), rotated);
    assert.equal(Buffer.from(rotated, 'base64url').length, 32);
    assert.equal(statSync(user().token).mode & 0o777, 0o600);
    assert.equal(statSync(user().hub).mode & 0o777, 0o700);
  });

  it('is exactly what was made, or none', async () => {
    const token = await hubToken(user());
    for (const other of ['', token.slice(1), `${token}x`, `x${token}`, `${token}\n`, `${token.slice(1)}.`]) {
      writeFileSync(user().token, other);
      await assert.rejects(hubToken(user()), /holds no token; remove it/, other);
      assert.equal(readFileSync(user().token, 'utf8'), other, 'only its user removes it');
    }
  });
});
