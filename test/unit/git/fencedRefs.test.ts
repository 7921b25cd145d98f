import assert from 'node:assert/strict';
import { fenceRef, raiseFence, readRef, tipRef, updateRefs } from '../../../src/git/fencedRefs.js';
import { Workspace } from '../../rig/workspace.js';

describe('fenced refs', () => {
  let workspace: Workspace;
  let first: string;
  let second: string;
  beforeEach(async () => {
    workspace = await Workspace.create();
    await workspace.write('a', '1');
    await workspace.commit('1');
    first = await workspace.git('rev-parse', 'HEAD');
    await workspace.write('a', '2');
    await workspace.commit('2');
    second = await workspace.git('rev-parse', 'HEAD');
  });
  afterEach(() => workspace[Symbol.asyncDispose]());

  async function raised(term: number): Promise<{ ref: string; oid: string }> {
    const fence = await raiseFence(workspace.root, 'prd-1', term);
    assert.ok(fence.ok, fence.ok ? '' : fence.error.stderr);
    return { ref: fenceRef('prd-1'), oid: fence.value };
  }
  const refs = (): Promise<string> => workspace.git('for-each-ref', '--format=%(refname) %(objectname)');

  it('are made, moved, and read', async () => {
    const fence = await raised(1);
    const tip = tipRef('run_1');
    assert.equal(await readRef(workspace.root, tip), undefined);
    assert.ok((await updateRefs(workspace.root, fence, [{ ref: tip, to: first, from: undefined }])).ok);
    assert.ok((await updateRefs(workspace.root, fence, [{ ref: tip, to: second, from: first }])).ok);
    assert.equal(await readRef(workspace.root, tip), second);
  });

  it('are moved all or none', async () => {
    const fence = await raised(1);
    const before = await refs();
    const wrong = [
      { ref: 'refs/heads/main', to: first, from: first },
      { ref: 'refs/heads/main', to: first, from: undefined },
      { ref: 'refs/heads/missing', to: first, from: first },
      { ref: 'refs/heads/b..ad', to: first, from: undefined },
      { ref: `refs/x\0${first}\0\0update refs/heads/injected`, to: first, from: undefined },
    ];
    for (const update of wrong) {
      const moved = await updateRefs(workspace.root, fence, [
        { ref: 'refs/storyloop/run_1/tip', to: second, from: undefined },
        update,
      ]);
      assert.ok(!moved.ok, update.ref);
      assert.equal(await refs(), before);
    }
  });

  it('cannot be moved by a term once a higher one raised the fence', async () => {
    const old = await raised(1);
    await raised(2);
    const before = await refs();
    const moved = await updateRefs(workspace.root, old, [
      { ref: 'refs/heads/main', to: first, from: second },
      { ref: tipRef('run_1'), to: first, from: undefined },
    ]);
    assert.ok(!moved.ok);
    assert.equal(await refs(), before);
  });

  it('have a fence that is never lowered, and that one term may raise again', async () => {
    const fence = await raised(10);
    assert.deepEqual(await raised(10), fence);
    const lowered = await raiseFence(workspace.root, 'prd-1', 9);
    assert.ok(!lowered.ok);
    assert.match(lowered.error.stderr, /held by term 10/);
    assert.equal(await workspace.git('cat-file', 'blob', fence.ref), 'term 10');
  });

  it('have one fence for each PRD', async () => {
    await raised(5);
    assert.ok((await raiseFence(workspace.root, 'prd-2', 1)).ok);
  });

  it('have a fence that goes to the highest of the terms that race for it', async () => {
    const results = await Promise.all([3, 1, 4, 2].map((term) => raiseFence(workspace.root, 'prd-1', term)));
    assert.ok(results[2]?.ok, 'the highest term gets it');
    assert.equal(await workspace.git('cat-file', 'blob', fenceRef('prd-1')), 'term 4');
  });

  it('are not moved on the word of something that is no fence', async () => {
    await workspace.git('update-ref', fenceRef('prd-1'), await workspace.git('hash-object', '-w', 'a'));
    const refused = await raiseFence(workspace.root, 'prd-1', 1);
    assert.ok(!refused.ok);
    assert.match(refused.error.stderr, /not a fence/);
  });
});
