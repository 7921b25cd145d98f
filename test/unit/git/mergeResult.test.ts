import assert from 'node:assert/strict';
import { mergeResult, undoMerge, type MergeEnd } from '../../../src/git/mergeResult.js';
import { Workspace } from '../../rig/workspace.js';

/** A repository whose branch `result` is one commit ahead of `main`, which is checked out. */
async function repository(): Promise<Workspace> {
  const workspace = await Workspace.create();
  await workspace.write('shared.txt', 'one\n');
  await workspace.commit('base');
  await workspace.git('checkout', '--quiet', '-b', 'result');
  await workspace.write('shared.txt', 'one\nof the run\n');
  await workspace.commit('US-1');
  await workspace.git('checkout', '--quiet', 'main');
  return workspace;
}

async function change(workspace: Workspace, file: string, text: string): Promise<void> {
  await workspace.write(file, text);
  await workspace.commit(file);
}

async function merge(workspace: Workspace): Promise<MergeEnd> {
  const merged = await mergeResult(workspace.root, await workspace.git('rev-parse', 'result'), 'Merge it');
  assert.ok(merged.ok, JSON.stringify(merged));
  return merged.value;
}

const snapshot = async (workspace: Workspace): Promise<string[]> => [
  await workspace.git('rev-parse', 'HEAD'),
  await workspace.git('status', '--porcelain'),
  await workspace.git('for-each-ref'),
  await workspace.read('shared.txt'),
];

/** Why it was not done; nothing has changed. */
async function refused(workspace: Workspace): Promise<string> {
  const before = await snapshot(workspace);
  const end = await merge(workspace);
  assert.deepEqual(await snapshot(workspace), before);
  assert.ok(end.kind === 'refused' || end.kind === 'conflicts', end.kind);
  return end.kind === 'refused' ? end.why : end.files.join();
}

describe('The result of a run', () => {
  it('goes into the branch that is checked out, with uncommitted work beside it, and is taken back', async () => {
    await using workspace = await repository();
    await workspace.write('mine.txt', 'mine');
    const before = await snapshot(workspace);
    const end = await merge(workspace);
    assert.ok(end.kind === 'merged');
    assert.equal(await workspace.git('rev-parse', 'main'), await workspace.git('rev-parse', 'result'), 'forward');
    assert.equal(await workspace.read('mine.txt'), 'mine');
    assert.deepEqual(await merge(workspace), { kind: 'there', branch: 'main' });
    assert.deepEqual(await undoMerge(workspace.root, end), { ok: true, value: undefined });
    assert.deepEqual(await snapshot(workspace), before);
  });

  it('is merged when the branch has gone on, under the message that was given', async () => {
    await using workspace = await repository();
    await change(workspace, 'other.txt', 'x');
    assert.equal((await merge(workspace)).kind, 'merged');
    assert.equal(
      await workspace.git('log', '-1', '--format=%s %P'),
      `Merge it ${await workspace.git('rev-parse', 'HEAD^1', 'HEAD^2').then((text) => text.replace('\n', ' '))}`,
    );
  });

  it('is not taken back over what came after it', async () => {
    await using workspace = await repository();
    const end = await merge(workspace);
    assert.ok(end.kind === 'merged');
    await change(workspace, 'later.txt', 'x');
    const before = await snapshot(workspace);
    assert.match(JSON.stringify(await undoMerge(workspace.root, end)), /gone on since/);
    assert.deepEqual(await snapshot(workspace), before);
  });

  it('changes nothing where it contradicts the branch, and names the files', async () => {
    await using workspace = await repository();
    await change(workspace, 'shared.txt', 'one\nof mine\n');
    assert.equal(await refused(workspace), 'shared.txt');
  });

  it('changes nothing where uncommitted work is in the way, with or without commits of the branch', async () => {
    await using workspace = await repository();
    await workspace.write('shared.txt', 'not committed\n');
    assert.match(await refused(workspace), /would be overwritten/);
    await workspace.git('stash', '--quiet');
    await change(workspace, 'other.txt', 'x');
    await workspace.git('stash', 'pop', '--quiet');
    assert.match(await refused(workspace), /would be overwritten/);
  });

  it('leaves alone what a person is in the middle of, and their resolutions', async () => {
    await using workspace = await repository();
    await workspace.git('checkout', '--quiet', '-b', 'theirs');
    await change(workspace, 'mine.txt', 'theirs');
    await workspace.git('checkout', '--quiet', 'main');
    await change(workspace, 'mine.txt', 'mine');
    await assert.rejects(workspace.git('merge', '--quiet', 'theirs'));
    await workspace.write('mine.txt', 'resolved');
    await workspace.git('add', 'mine.txt');
    assert.match(await refused(workspace), /in the middle of a merge/);
    assert.equal(await workspace.read('mine.txt'), 'resolved');
    assert.notEqual(await workspace.git('rev-parse', 'MERGE_HEAD'), '');
  });

  it('is taken back from its own branch only', async () => {
    await using workspace = await repository();
    const end = await merge(workspace);
    assert.ok(end.kind === 'merged');
    await workspace.git('checkout', '--quiet', '-b', 'feature');
    const before = await snapshot(workspace);
    assert.match(JSON.stringify(await undoMerge(workspace.root, end)), /not checked out/);
    assert.deepEqual(await snapshot(workspace), before);
  });

  it('is left to a person where no branch is checked out, the checkout is sparse, or merges are signed', async () => {
    await using workspace = await repository();
    await workspace.git('checkout', '--quiet', '--detach');
    assert.match(await refused(workspace), /No branch is checked out/);
    await workspace.git('checkout', '--quiet', 'main');
    await workspace.git('config', 'core.sparseCheckout', 'true');
    assert.match(await refused(workspace), /sparse.*git merge/);
    await workspace.git('config', 'core.sparseCheckout', 'false');
    await workspace.git('config', 'commit.gpgsign', 'true');
    await workspace.git('-c', 'commit.gpgsign=false', 'commit', '--quiet', '--allow-empty', '--message', 'on');
    assert.match(await refused(workspace), /signed.*git merge/);
  });
});
