import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeOwnFolder, makePrivateFolder, readPrivate, UnsafeFile } from '../../../src/session/privateFile.js';
import { openFiles } from '../../rig/openFiles.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe("A folder of the user's state", () => {
  const folder = useTemporaryFolder();
  const modeOf = (name: string): number => statSync(name).mode & 0o777;

  it('is made with all that leads to it, closed to others', async () => {
    const root = path.join(folder(), 'above', 'state');
    await makeOwnFolder(root, path.join(root, 'a', 'b'));
    for (const made of ['..', '.', 'a', 'a/b']) assert.equal(modeOf(path.join(root, made)), 0o700, made);
    await makeOwnFolder(root, path.join(root, 'a', 'b'));
    await makeOwnFolder(root, root);
  });

  it('stays as open as it was found, unless there are secrets in it', async () => {
    mkdirSync(path.join(folder(), 'a'));
    chmodSync(path.join(folder(), 'a'), 0o755);
    await makeOwnFolder(folder(), path.join(folder(), 'a'));
    assert.equal(modeOf(path.join(folder(), 'a')), 0o755);
    await makePrivateFolder(folder(), path.join(folder(), 'a'));
    assert.equal(modeOf(path.join(folder(), 'a')), 0o700);
  });

  it('is neither a link nor a file, nor is any that leads to it', async () => {
    const root = path.join(folder(), 'state');
    mkdirSync(path.join(folder(), 'elsewhere'));
    for (const step of [root, path.join(root, 'a'), path.join(root, 'a', 'b')]) {
      mkdirSync(path.dirname(step), { recursive: true });
      symlinkSync(path.join(folder(), 'elsewhere'), step);
      await assert.rejects(makeOwnFolder(root, path.join(root, 'a', 'b')), /a link there is not followed/);
      rmSync(root, { recursive: true });
    }
    mkdirSync(root);
    writeFileSync(path.join(root, 'a'), '');
    await assert.rejects(makeOwnFolder(root, path.join(root, 'a')), UnsafeFile);
  });

  it('is not taken for there when it could not be made', async () => {
    const root = path.join(folder(), 'state');
    symlinkSync(root, root);
    await assert.rejects(makeOwnFolder(path.join(root, 'x'), path.join(root, 'x', 'a')), { code: 'ELOOP' });
  });

  it('with secrets is nobody else’s', async function () {
    if (process.geteuid?.() !== 0) this.skip(); // only root can give folders away
    mkdirSync(path.join(folder(), 'a'), { mode: 0o700 });
    chownSync(path.join(folder(), 'a'), 12_345, 12_345);
    await assert.rejects(makePrivateFolder(folder(), path.join(folder(), 'a')), /belongs to somebody else/);
    writeFileSync(path.join(folder(), 'a', 'file'), 'x', { mode: 0o600 });
    await assert.rejects(readPrivate(path.join(folder(), 'a', 'file')), /belongs to somebody else/);
  });
});

describe('A private file', () => {
  const folder = useTemporaryFolder();
  const file = (): string => path.join(folder(), 'private', 'file');
  beforeEach(function () {
    if (process.platform === 'win32') this.skip();
    mkdirSync(path.dirname(file()), { mode: 0o700 });
    writeFileSync(file(), 'the content', { mode: 0o600 });
  });
  afterEach(() => {
    assert.deepEqual(openFiles(folder()), []);
  });

  it('is read where it and its folder are closed to others', async () => {
    assert.equal(await readPrivate(file()), 'the content');
    assert.equal(await readPrivate(`${file()}2`), undefined);
    assert.equal(await readPrivate(path.join(folder(), 'none', 'file')), undefined);
  });

  it('is not what others can read or write, by any bit', async () => {
    for (const bit of [0o040, 0o020, 0o010, 0o004, 0o002, 0o001]) {
      chmodSync(file(), 0o600 | bit);
      await assert.rejects(readPrivate(file()), /is open to others; its mode should be 0600, its folder's 0700/);
      chmodSync(file(), 0o600);
      chmodSync(path.dirname(file()), 0o700 | bit);
      await assert.rejects(readPrivate(file()), UnsafeFile);
      chmodSync(path.dirname(file()), 0o700);
    }
    assert.equal(await readPrivate(file()), 'the content');
  });

  it('is no link, no folder, and nothing that waits for a writer', async () => {
    symlinkSync(file(), `${file()}.link`);
    await assert.rejects(readPrivate(`${file()}.link`), /is a symbolic link/);
    mkdirSync(`${file()}.folder`, { mode: 0o700 });
    await assert.rejects(readPrivate(`${file()}.folder`), /is not what it should be/);
    execFileSync('mkfifo', ['-m', '600', `${file()}.pipe`]);
    await assert.rejects(readPrivate(`${file()}.pipe`), /is not what it should be/);
  });

  it('is in no folder that is a link or a file', async () => {
    symlinkSync(path.dirname(file()), path.join(folder(), 'link'));
    await assert.rejects(readPrivate(path.join(folder(), 'link', 'file')), /is not what it should be/);
    await assert.rejects(readPrivate(path.join(file(), 'x')), /is not what it should be/);
    await assert.rejects(readPrivate(path.join(file(), 'x', 'y')), { code: 'ENOTDIR' });
  });
});
