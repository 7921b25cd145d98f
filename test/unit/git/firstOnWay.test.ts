import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { firstLink, firstOnWay } from '../../../src/git/firstOnWay.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('The first link on a way', () => {
  const root = useTemporaryFolder();
  beforeEach(() => {
    mkdirSync(path.join(root(), 'a', 'b'), { recursive: true });
    writeFileSync(path.join(root(), 'a', 'file'), '');
    symlinkSync('b', path.join(root(), 'a', 'link'));
  });

  it('is named from the root on, wherever on the way it is, and whether anything is behind it', async () => {
    mkdirSync(path.join(root(), 'a', 'b', 'c'));
    symlinkSync('nowhere', path.join(root(), 'a', 'b', 'dangling'));
    assert.equal(await firstLink(root(), 'a/link/c'), 'a/link');
    assert.equal(await firstLink(root(), 'a/link'), 'a/link');
    assert.equal(await firstLink(root(), './a//link/'), 'a/link');
    assert.equal(await firstLink(root(), 'a/link/dangling'), 'a/link');
    assert.equal(await firstLink(root(), 'a/b/dangling/x'), 'a/b/dangling');
  });

  it('is none where all are folders and files, or where nothing is', async () => {
    for (const way of ['a/b', 'a/file', 'a/file/x', 'none', 'none/link', '', '.'])
      assert.equal(await firstLink(root(), way), undefined, way);
  });

  it('can be a search for anything else that is there', async () => {
    const firstOther = (way: string) => firstOnWay(root(), way, (stats) => !stats.isDirectory());
    assert.equal(await firstOther('a/file/x'), 'a/file');
    assert.equal(await firstOther('a/link/x'), 'a/link');
    assert.equal(await firstOther('a/b/none'), undefined);
  });
});
