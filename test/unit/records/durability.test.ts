import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import {
  createOnce,
  isDiskFull,
  isTemporaryOf,
  syncFile,
  syncFolder,
  temporaryName,
  writeNew,
} from '../../../src/records/durability.js';
import { openFiles } from '../../rig/openFiles.js';
import { syncedFiles } from '../../rig/syncedFiles.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

const failure = (code: unknown): Error => Object.assign(new Error('it failed'), { code });

describe('What the system said', () => {
  it('means that there is no room: on the disk, for the user, in the file', () => {
    for (const code of ['ENOSPC', 'EDQUOT', 'EFBIG']) assert.ok(isDiskFull(failure(code)), code);
    for (const other of [failure('EIO'), failure(''), new Error('ENOSPC'), undefined]) assert.ok(!isDiskFull(other));
  });
});

describe('A file that is created', () => {
  const folder = useTemporaryFolder();
  const file = (): string => path.join(folder(), 'file');
  afterEach(() => {
    assert.deepEqual(openFiles(folder()), []);
  });

  it('is on disk, has its mode whatever the umask says, and was not there before', async function () {
    if (process.platform !== 'linux') this.skip();
    const umask = process.umask(0o077);
    try {
      assert.deepEqual(await syncedFiles(() => writeNew(file(), 'content', 0o644)), [file()]);
    } finally {
      process.umask(umask);
    }
    assert.equal(statSync(file()).mode & 0o777, 0o644);
    await assert.rejects(writeNew(file(), 'other'), { code: 'EEXIST' });
    assert.equal(readFileSync(file(), 'utf8'), 'content');
    await writeNew(`${file()}2`, 'secret');
    assert.equal(statSync(`${file()}2`).mode & 0o777, 0o600);
  });

  it('can be put on disk by who did not write it, and a folder too', async function () {
    if (process.platform !== 'linux') this.skip();
    writeFileSync(file(), '');
    assert.deepEqual(await syncedFiles(() => syncFile(file())), [file()]);
    assert.deepEqual(await syncedFiles(() => syncFolder(folder())), [folder()]);
  });

  it('once is whole and on disk, and its name too, before its creator hears of it', async function () {
    if (process.platform !== 'linux') this.skip();
    const synced = await syncedFiles(() => createOnce(file(), 'content'));
    assert.equal(synced.length, 2);
    assert.ok(isTemporaryOf(file(), path.basename(synced[0] ?? '')));
    assert.equal(synced[1], folder());
    assert.equal(readFileSync(file(), 'utf8'), 'content');
    assert.deepEqual(readdirSync(folder()), ['file']);
  });

  it('once is that of the first; only a taken name is no error', async () => {
    assert.equal(await createOnce(file(), 'first'), true);
    assert.equal(await createOnce(file(), 'second'), false);
    assert.equal(readFileSync(file(), 'utf8'), 'first');
    assert.deepEqual(readdirSync(folder()), ['file']);
    await assert.rejects(createOnce(path.join(folder(), 'none', 'file'), ''), { code: 'ENOENT' });
  });

  describe('where there are no hard links', () => {
    const { link } = fs;
    let code = '';
    beforeEach(() => {
      fs.link = () => Promise.reject(failure(code));
    });
    afterEach(() => {
      fs.link = link;
    });

    it('goes to the first all the same', async () => {
      for (code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']) {
        const name = path.join(folder(), code);
        assert.deepEqual([await createOnce(name, 'first'), await createOnce(name, 'second')], [true, false], code);
        assert.equal(readFileSync(name, 'utf8'), 'first');
      }
      assert.equal(readdirSync(folder()).length, 5);
    });

    it('is not there when it failed for another reason', async () => {
      for (code of ['EIO', '']) await assert.rejects(createOnce(file(), ''), { code });
      assert.deepEqual(readdirSync(folder()), []);
    });
  });
});

describe('The name for a file that is not whole yet', () => {
  it('stands beside it, is known as that of this file, and never used twice', () => {
    const file = path.join('a', 'b', 'file.json');
    const [one, other] = [temporaryName(file), temporaryName(file)];
    assert.notEqual(one, other);
    assert.equal(path.dirname(one), path.dirname(file));
    assert.ok(isTemporaryOf(file, path.basename(one)));
    assert.ok(!isTemporaryOf(path.join('a', 'b', 'file'), path.basename(one)));
  });

  it('is no other name', () => {
    const uuid = '0123abcd-4567-89ef-0123-456789abcdef';
    assert.ok(isTemporaryOf('file', `.file.${uuid}`));
    const others = ['file', uuid, `file.${uuid}`, `.other.${uuid}`, `.file.${uuid}.txt`, `.file.x${uuid}`, '.file.bak'];
    const bent = [
      uuid.slice(1),
      uuid.slice(0, -1),
      uuid.replace('-4567', ''),
      uuid.replaceAll('-', ''),
      `x${uuid.slice(1)}`,
    ];
    const odd = [
      uuid.replace('4567', '456x'),
      uuid.replace(/f$/, 'x'),
      uuid.replace('4567', '4'),
      uuid.replace(/-\w+$/, '-f'),
    ];
    for (const name of [...others, ...[...bent, ...odd].map((end) => `.file.${end}`)])
      assert.ok(!isTemporaryOf('file', name), name);
  });
});
