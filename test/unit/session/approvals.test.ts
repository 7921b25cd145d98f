import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { approve, unapproved } from '../../../src/session/approvals.js';
import { UserPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('An approval', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));
  const file = (): string => path.join(user().approvals, 'p1.json');

  it('is closed to others, with its folder', async () => {
    await approve(user(), 'p1', ['make']);
    assert.equal(statSync(user().approvals).mode & 0o777, 0o700);
    assert.equal(statSync(file()).mode & 0o777, 0o600);
  });

  it('is the SHA-256 of a text, so that every version knows it', async () => {
    await approve(user(), 'p1', []);
    const sha256 = 'd05aa2a15fb3c40efeeb03bec445393f00074484cf01c8fb2da90ca6695a5531';
    writeFileSync(file(), JSON.stringify({ v: 1, sha256: [sha256] }));
    assert.deepEqual(await unapproved(user(), 'p1', ['make', 'make x']), ['make x']);
  });

  it('is asked for anew where what was written down cannot be understood', async () => {
    await approve(user(), 'p1', ['make']);
    for (const content of ['', '{', 'null', '[]', '{"v":2,"sha256":[]}', '{"v":1}', '{"v":1,"sha256":[1]}']) {
      writeFileSync(file(), content);
      assert.deepEqual(await unapproved(user(), 'p1', ['make']), ['make'], content);
    }
    await approve(user(), 'p1', ['make']);
    assert.deepEqual(await unapproved(user(), 'p1', ['make']), []);
  });

  it('is not taken for missing when nobody can look', async () => {
    writeFileSync(user().home, '');
    await assert.rejects(unapproved(user(), 'p1', ['make']), { code: 'ENOTDIR' });
  });
});
