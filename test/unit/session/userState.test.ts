import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { approve, unapproved } from '../../../src/session/approvals.js';
import { removeLeftovers, writeAtomically } from '../../../src/session/atomicFile.js';
import {
  hubToken,
  readDiscovery,
  removeDiscovery,
  writeDiscovery,
  type Discovery,
} from '../../../src/session/discovery.js';
import { currentHolder } from '../../../src/session/holder.js';
import { UserPaths } from '../../../src/session/paths.js';
import { listProjects, projectId, registerProject } from '../../../src/session/projects.js';
import { takeTicket, writeTicket } from '../../../src/session/ticket.js';
import { syncedFiles } from '../../rig/syncedFiles.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe("A user's state", () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));
  const modeOf = (file: string): number => statSync(file).mode & 0o777;

  describe('token', () => {
    it('is 256 bit, made once, and the same for everybody who asks at the same time', async () => {
      const tokens = await Promise.all(Array.from({ length: 8 }, () => hubToken(user())));
      assert.equal(new Set(tokens).size, 1);
      assert.equal(Buffer.from(tokens[0] ?? '', 'base64url').length, 32);
      assert.equal(await hubToken(user()), tokens[0]);
    });

    it('is closed to others, and its folder too', async () => {
      await hubToken(user());
      assert.equal(modeOf(user().token), 0o600);
      assert.equal(modeOf(user().hub), 0o700);
    });

    it('is no secret any more, and refused, when others could read it or it is a link', async function () {
      if (process.platform === 'win32') this.skip();
      await hubToken(user());
      chmodSync(user().token, 0o640);
      await assert.rejects(hubToken(user()), /open to others/);
      const copy = path.join(folder(), 'copy');
      writeFileSync(copy, 'x'.repeat(43), { mode: 0o600 });
      rmSync(user().token);
      symlinkSync(copy, user().token);
      await assert.rejects(hubToken(user()), /symbolic link/);
      rmSync(user().token);
      writeFileSync(user().token, 'short', { mode: 0o600 });
      await assert.rejects(hubToken(user()), /holds no token/);
    });
  });

  describe('discovery file', () => {
    const discovery = (): Discovery => ({
      v: 1,
      host: '127.0.0.1',
      port: 18790,
      pid: process.pid,
      start_time: currentHolder('test').start_time,
      instance: 'i1',
      term: 1,
      token: 'x'.repeat(43),
    });

    it('is found by who looks for a hub, and closed to others', async () => {
      assert.equal(await readDiscovery(user()), undefined);
      await writeDiscovery(user(), discovery());
      assert.deepEqual(await readDiscovery(user()), discovery());
      assert.equal(modeOf(user().discovery), 0o600);
    });

    it('is ignored when the hub that it names is gone', async () => {
      await writeDiscovery(user(), { ...discovery(), pid: 2 ** 22 - 1 });
      assert.equal(await readDiscovery(user()), undefined);
      if (discovery().start_time === '') return;
      await writeDiscovery(user(), { ...discovery(), start_time: '1' });
      assert.equal(await readDiscovery(user()), undefined);
    });

    it("is ignored when it is not the user's alone, or not whole", async function () {
      if (process.platform === 'win32') this.skip();
      await writeDiscovery(user(), discovery());
      chmodSync(user().discovery, 0o644);
      assert.equal(await readDiscovery(user()), undefined);
      chmodSync(user().discovery, 0o600);
      assert.ok(await readDiscovery(user()));
      chmodSync(user().hub, 0o755);
      assert.equal(await readDiscovery(user()), undefined);
      await writeDiscovery(user(), discovery()); // closes the folder again
      assert.ok(await readDiscovery(user()));

      const copy = path.join(folder(), 'copy.json');
      writeFileSync(copy, JSON.stringify(discovery()), { mode: 0o600 });
      rmSync(user().discovery);
      symlinkSync(copy, user().discovery);
      assert.equal(await readDiscovery(user()), undefined);
      rmSync(user().discovery);
      for (const content of ['', '{', 'null', JSON.stringify({ ...discovery(), port: 0 })]) {
        writeFileSync(user().discovery, content, { mode: 0o600 });
        assert.equal(await readDiscovery(user()), undefined);
      }
    });

    it('belongs to the user and nobody else', async function () {
      if (process.geteuid?.() !== 0) this.skip(); // only root can give files away
      await writeDiscovery(user(), discovery());
      const { chownSync } = await import('node:fs');
      chownSync(user().discovery, 12_345, 12_345);
      assert.equal(await readDiscovery(user()), undefined);
    });

    it('is removed by the hub that it names only', async () => {
      await writeDiscovery(user(), discovery());
      await removeDiscovery(user(), 'i2');
      assert.ok(await readDiscovery(user()));
      await removeDiscovery(user(), 'i1');
      await removeDiscovery(user(), 'i1');
      assert.equal(await readDiscovery(user()), undefined);
    });
  });

  describe('launch ticket', () => {
    it('is taken once', async () => {
      const id = await writeTicket(user(), { prd: 'a' });
      const taken = await Promise.all([takeTicket(user(), id), takeTicket(user(), id), takeTicket(user(), id)]);
      assert.deepEqual(
        taken.filter((result) => result.ok),
        [{ ok: true, value: { prd: 'a' } }],
      );
      assert.deepEqual(await takeTicket(user(), id), { ok: false, error: 'spent' });
    });

    it('is not made up', async () => {
      const id = await writeTicket(user(), {});
      for (const made of ['', `../tickets/${id}`, `${id}.spent`, 'a'.repeat(32)]) {
        assert.deepEqual(await takeTicket(user(), made), { ok: false, error: 'spent' });
      }
    });

    it('is swept a day after it was spent, when another is written', async () => {
      const old = await writeTicket(user(), {});
      const recent = await writeTicket(user(), {});
      const unspent = await writeTicket(user(), {});
      await takeTicket(user(), old);
      await takeTicket(user(), recent);
      const dayAgo = Date.now() / 1000 - 25 * 3600;
      utimesSync(path.join(user().tickets, `${old}.spent`), dayAgo, dayAgo);
      const last = await writeTicket(user(), {});
      assert.deepEqual(readdirSync(user().tickets).sort(), [`${recent}.spent`, unspent, last].sort());
    });
  });

  describe('approval', () => {
    it('is of a text, in a project, for good', async () => {
      assert.deepEqual(await unapproved(user(), 'p1', ['npm test', 'make']), ['npm test', 'make']);
      await approve(user(), 'p1', ['npm test']);
      assert.deepEqual(await unapproved(user(), 'p1', ['npm test', 'make', 'npm  test']), ['make', 'npm  test']);
      assert.deepEqual(await unapproved(user(), 'p2', ['npm test']), ['npm test']);
      await approve(user(), 'p1', ['make']);
      assert.deepEqual(await unapproved(user(), 'p1', ['npm test', 'make']), []);
    });

    it('is not what somebody else could have written', async function () {
      if (process.platform === 'win32') this.skip();
      await approve(user(), 'p1', ['make']);
      const file = path.join(user().approvals, 'p1.json');
      assert.ok(!readFileSync(file, 'utf8').includes('make'));
      chmodSync(file, 0o666);
      assert.deepEqual(await unapproved(user(), 'p1', ['make']), ['make']);
      await approve(user(), 'p1', ['make']);
      assert.deepEqual(await unapproved(user(), 'p1', ['make']), []);
    });
  });

  describe('project', () => {
    it('is listed while its repository exists', async () => {
      assert.deepEqual(await listProjects(user()), []);
      const make = (name: string): { id: string; root: string; common_dir: string } => {
        const root = path.join(folder(), name);
        mkdirSync(path.join(root, '.git'), { recursive: true });
        return { id: projectId(root, path.join(root, '.git')), root, common_dir: path.join(root, '.git') };
      };
      const [one, two] = [make('one'), make('two')];
      await registerProject(user(), one);
      await registerProject(user(), two);
      writeFileSync(path.join(user().projects, 'broken.json'), '{');
      assert.deepEqual(await listProjects(user()), [one, two]);
      rmSync(one.common_dir, { recursive: true });
      assert.deepEqual(await listProjects(user()), [two]);
    });

    it('is written only when something changed', async () => {
      const project = { id: 'p-000000', root: folder(), common_dir: folder() };
      const file = path.join(user().projects, 'p-000000.json');
      await registerProject(user(), project);
      const { ino } = statSync(file);
      await registerProject(user(), project);
      assert.equal(statSync(file).ino, ino);
      await registerProject(user(), { ...project, root: '/elsewhere' });
      assert.notEqual(statSync(file).ino, ino);
    });

    it("has an id of its folder's name and its identity", () => {
      assert.match(projectId('/a/My Project (2)', '/a/.git'), /^my-project-2-[0-9a-f]{6}$/);
      assert.match(projectId('/a/…', '/a/.git'), /^project-[0-9a-f]{6}$/);
      assert.match(projectId(`/${'long'.repeat(50)}`, '/a/.git'), /^[a-z-]{64}-[0-9a-f]{6}$/);
      assert.notEqual(projectId('/a/x', '/a/x/.git'), projectId('/b/x', '/b/x/.git'));
    });
  });

  describe('file that is written atomically', () => {
    it('is on disk, and its name too, before its writer goes on', async function () {
      if (process.platform !== 'linux') this.skip();
      const file = path.join(folder(), 'file');
      const synced = await syncedFiles(() => writeAtomically(file, 'x'));
      assert.equal(synced.length, 2);
      assert.match(path.basename(synced[0] ?? ''), /^\.file\./);
      assert.equal(synced[1], folder());
    });

    it('is replaced whole, with its mode, and leaves nothing beside it', async () => {
      const file = path.join(folder(), 'deep', 'er', 'file');
      await writeAtomically(file, 'one');
      assert.equal(modeOf(file), 0o600);
      assert.equal(modeOf(path.dirname(file)), 0o700);
      await writeAtomically(file, Buffer.from('two'), 0o644);
      assert.equal(readFileSync(file, 'utf8'), 'two');
      assert.equal(modeOf(file), 0o644);
      assert.deepEqual(readdirSync(path.dirname(file)), ['file']);
    });

    it('is never seen in part', async () => {
      const file = path.join(folder(), 'file');
      const contents = ['a', 'b'].map((letter) => letter.repeat(200_000));
      await writeAtomically(file, contents[0] ?? '');
      const done = new AbortController();
      const written = writeMany(file, contents).finally(() => {
        done.abort();
      });
      while (!done.signal.aborted) {
        assert.ok(contents.includes(readFileSync(file, 'utf8')));
        await new Promise(setImmediate);
      }
      await written;
    });

    it('replaces a link instead of following it, and cleans up when it cannot be written', async () => {
      const target = path.join(folder(), 'target');
      const file = path.join(folder(), 'link');
      writeFileSync(target, 'theirs');
      symlinkSync(target, file);
      await writeAtomically(file, 'ours');
      assert.equal(readFileSync(target, 'utf8'), 'theirs');
      mkdirSync(path.join(folder(), 'folder'));
      await assert.rejects(writeAtomically(path.join(folder(), 'folder'), 'x'));
      assert.deepEqual(readdirSync(folder()).sort(), ['folder', 'link', 'target']);
    });

    it('is freed of what a killed writer left beside it, and of nothing else', async () => {
      const uuid = crypto.randomUUID();
      const others = [`.other.${uuid}`, '.file.bak', `.file.${uuid}.txt`, `file.${uuid}`];
      for (const name of [...others, 'file', `.file.${uuid}`]) writeFileSync(path.join(folder(), name), '');
      await removeLeftovers(path.join(folder(), 'file'));
      assert.deepEqual(readdirSync(folder()).sort(), [...others, 'file'].sort());
      mkdirSync(path.join(folder(), `.file.${uuid}`));
      await removeLeftovers(path.join(folder(), 'file'));
      await removeLeftovers(path.join(folder(), 'none', 'file'));
    });
  });
});

async function writeMany(file: string, contents: readonly string[]): Promise<void> {
  for (let n = 0; n < 30; n += 1) await writeAtomically(file, contents[n % contents.length] ?? '');
}
