import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserPaths } from '../../../src/session/paths.js';
import { listProjects, projectId, registerProject, type Project } from '../../../src/session/projects.js';
import { takeTicket, writeTicket } from '../../../src/session/ticket.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A project', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));
  const project = (id: string): Project => ({ id, root: folder(), common_dir: folder() });

  it('is known by a name that is no path', async () => {
    for (const id of ['', '../x', 'a/b', 'A', 'a.b', 'a b', 'a'.repeat(81), 'a\n'])
      await assert.rejects(registerProject(user(), project(id)), { name: 'ZodError' }, id);
    await registerProject(user(), project('a'.repeat(80)));
    await registerProject(user(), project('a-1'));
    assert.deepEqual(await listProjects(user()), [project('a-1'), project('a'.repeat(80))]);
  });

  it('is written for people, closed to others, and again when its repository moved', async () => {
    const file = path.join(user().projects, 'p.json');
    await registerProject(user(), project('p'));
    assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify(project('p'), undefined, 2)}\n`);
    assert.equal(statSync(user().projects).mode & 0o777, 0o700);
    const moved = { ...project('p'), common_dir: path.dirname(folder()) };
    await registerProject(user(), moved);
    assert.deepEqual(await listProjects(user()), [moved]);
  });

  it('is listed from files of its kind only, while its repository is a folder', async () => {
    await registerProject(user(), project('b'));
    const write = (name: string, content: unknown): void => {
      writeFileSync(path.join(user().projects, name), JSON.stringify(content));
    };
    for (const name of ['.c.json', 'c.json.bak', 'c', '.json']) write(name, project('c'));
    write('d.json', { ...project('d'), common_dir: path.join(user().projects, 'b.json') });
    write('e.json', { ...project('e'), root: 1 });
    write('f.json', { id: 'f', root: folder() });
    write('a.json', project('a'));
    assert.deepEqual(await listProjects(user()), [project('a'), project('b')]);
  });

  it('has an id that begins and ends with no dash, and is that of its identity', () => {
    assert.equal(projectId('/a/--My--Project--', '/a/.git'), 'my-project-16cacd');
    assert.match(projectId(`/a/${'x'.repeat(63)} y`, '/a/.git'), /^x{63}-[0-9a-f]{6}$/);
    assert.equal(projectId('/a/x', '/a/.git'), projectId('/b/x', '/a/.git'));
  });
});

describe('A launch ticket', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));

  it('is closed to others and cannot be guessed', async () => {
    const ids = new Set([await writeTicket(user(), {}), await writeTicket(user(), {})]);
    assert.equal(ids.size, 2);
    for (const id of ids) {
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.equal(statSync(path.join(user().tickets, id)).mode & 0o777, 0o600);
    }
    assert.equal(statSync(user().tickets).mode & 0o777, 0o700);
  });

  it('has a name that is no path and no other file', async () => {
    const id = await writeTicket(user(), {});
    for (const name of [`x${id}`, `${id}x`, id.toUpperCase(), id.slice(1), `${id}\n`, '.'.repeat(32)]) {
      writeFileSync(path.join(user().tickets, name), '{}', { mode: 0o600 });
      if (name !== id) assert.deepEqual(await takeTicket(user(), name), { ok: false, error: 'spent' }, name);
    }
    assert.deepEqual(await takeTicket(user(), id), { ok: true, value: {} });
  });

  it('is kept until a day after it was spent', async () => {
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push(await writeTicket(user(), {}));
    const [young = '', old = '', unspent = ''] = ids;
    const hoursAgo = (name: string, hours: number): void => {
      const time = Date.now() / 1_000 - hours * 3_600;
      utimesSync(path.join(user().tickets, name), time, time);
    };
    await takeTicket(user(), young);
    await takeTicket(user(), old);
    hoursAgo(`${young}.spent`, 23.9);
    hoursAgo(`${old}.spent`, 24.1);
    hoursAgo(unspent, 1_000);
    const last = await writeTicket(user(), {});
    assert.deepEqual(readdirSync(user().tickets).sort(), [`${young}.spent`, unspent, last].sort());
  });

  it('is not taken for spent when nobody can look', async () => {
    mkdirSync(user().home, { recursive: true });
    writeFileSync(user().tickets, '');
    await assert.rejects(takeTicket(user(), 'a'.repeat(32)), { code: 'ENOTDIR' });
  });
});
