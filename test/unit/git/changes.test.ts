import assert from 'node:assert/strict';
import { changesBetween, fileIn, filesIn, type Changes } from '../../../src/git/changes.js';
import { Workspace } from '../../rig/workspace.js';

describe('The changes between two commits', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.create('päth with space');
    await workspace.write('a.ts', 'one\ntwo\nthree\n');
    await workspace.write('gone.ts', 'gone\n');
    await workspace.write('moved.ts', 'a\nb\nc\nd\ne\nf\n');
    await workspace.commit('base');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  async function changes(): Promise<Changes> {
    await workspace.commit('change');
    const found = await changesBetween(workspace.root, 'HEAD~', 'HEAD', ['ts']);
    assert.ok(found.ok);
    return found.value;
  }

  it('name the files by what became of them, and the lines of both sides', async () => {
    await workspace.write('a.ts', 'one\n2\nthree\nfour\n');
    await workspace.write('new.md', 'text\n');
    await workspace.git('mv', 'moved.ts', 'there.ts');
    await workspace.git('rm', '--quiet', 'gone.ts');
    const { files, lines } = await changes();
    assert.deepEqual(
      files.map(({ kind, path, from }) => [kind, path, from]),
      [
        ['modified', 'a.ts', undefined],
        ['deleted', 'gone.ts', undefined],
        ['added', 'new.md', undefined],
        ['renamed', 'there.ts', 'moved.ts'],
      ],
    );
    assert.deepEqual(
      lines.filter(({ path }) => path === 'a.ts'),
      [
        { side: 'removed', path: 'a.ts', text: 'two' },
        { side: 'added', path: 'a.ts', text: '2' },
        { side: 'added', path: 'a.ts', text: 'four' },
      ],
    );
    assert.deepEqual(
      lines.filter(({ path }) => path === 'gone.ts'),
      [{ side: 'removed', path: 'gone.ts', text: 'gone' }],
    );
    assert.ok(!lines.some(({ path }) => path === 'new.md'), 'only files of these extensions');
  });

  it('are told of files with any name, and whatever their lines look like', async () => {
    const names = ['a b.ts', 'ü.ts', 'q"uote\\.ts', 'sub/b.ts'];
    const text = '-- a/other.ts\n++ b/other.ts\n@@ -1 +1 @@\n+x\n';
    for (const name of names) await workspace.write(name, text);
    const { lines } = await changes();
    for (const name of names) {
      assert.deepEqual(
        lines.filter(({ path }) => path === name).map((line) => line.text),
        text.trimEnd().split('\n'),
      );
    }
  });

  it('cannot be hidden by what the repository configures', async () => {
    await workspace.git('config', 'diff.external', 'false');
    await workspace.git('config', 'diff.noprefix', 'true');
    await workspace.git('config', 'color.ui', 'always');
    await workspace.write('.gitattributes', '*.ts -diff\n');
    await workspace.write('a.ts', 'one\ntwo\nthree\n+hidden?\n');
    assert.deepEqual((await changes()).lines, [{ side: 'added', path: 'a.ts', text: '+hidden?' }]);
  });

  it('can be looked at as whole files', async () => {
    assert.deepEqual(await fileIn(workspace.root, 'HEAD', 'gone.ts'), { ok: true, value: 'gone\n' });
    assert.deepEqual(await fileIn(workspace.root, 'HEAD', 'other.ts'), { ok: true, value: undefined });
    assert.deepEqual(await filesIn(workspace.root, 'HEAD'), { ok: true, value: ['a.ts', 'gone.ts', 'moved.ts'] });
  });
});
