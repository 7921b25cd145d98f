import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { changeOf, type Change } from '../../../src/git/change.js';
import { Workspace } from '../../rig/workspace.js';

describe('The change of a commit', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await Workspace.create();
    await workspace.write('a.py', 'def f():\n    return 1\n');
    await workspace.commit('base');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  /** Of a commit on `base` in which a file has this content, or is gone. */
  async function change(file: string, content: string | undefined, base = 'main'): Promise<Change> {
    await workspace.git('checkout', '--quiet', '--detach', base);
    if (content === undefined) await rm(path.join(workspace.root, file));
    else await workspace.write(file, content);
    await workspace.commit('attempt');
    const found = await changeOf(workspace.root, 'HEAD');
    assert.ok(found.ok, JSON.stringify(found));
    return found.value;
  }

  it('is the same when the same files become the same, also on a base that differs elsewhere', async () => {
    const first = await change('a.py', 'def f():\n    return 2\n');
    await workspace.git('checkout', '--quiet', 'main');
    await workspace.write('other.txt', 'of another story\n');
    await workspace.commit('another story');
    assert.deepEqual(await change('a.py', 'def f():\n    return 2\n'), first);
    assert.equal(first.lines, 2);
  });

  it('is another one when anything differs: an indentation, a byte of a binary file, a name, a file that goes', async () => {
    const patches = [
      await change('a.py', 'def f():\n  return 2\n'),
      await change('a.py', 'def f():\n    return 2\n'),
      await change('b.bin', '\0\x01'),
      await change('b.bin', '\0\x02'),
      await change('ü "c".txt', '\0\x02'),
      await change('a.py', undefined),
    ].map(({ patch }) => patch);
    assert.equal(new Set(patches).size, patches.length);
  });

  it('has a size: its lines, and one for a binary file', async () => {
    assert.equal((await change('ü\n3\t4.txt', 'one\ntwo\nthree\n')).lines, 3);
    assert.equal((await change('b.bin', '\0\x01\n\n\n')).lines, 1);
  });
});
