import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { watchFolder } from '../../../src/records/watchFolder.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

describe('Watching a folder', () => {
  const folder = useTemporaryFolder();
  let watch: Disposable | undefined;
  afterEach(() => watch?.[Symbol.dispose]());

  it('notices a change long before the poll', async () => {
    let changes = 0;
    watch = watchFolder(folder(), () => (changes += 1), 3_600_000);
    writeFileSync(path.join(folder(), 'a'), '');
    await until('the change to be noticed', () => changes > 0);
  });

  it('begins when the folder appears', async () => {
    const late = path.join(folder(), 'late');
    let polls = 0;
    watch = watchFolder(late, () => (polls += 1), 20);
    await until('the poll to go on without the folder', () => polls > 1);
    mkdirSync(late);
    const before = polls;
    writeFileSync(path.join(late, 'a'), '');
    await until('the poll to go on with it', () => polls > before + 1);
  });

  it('says nothing after its end', async () => {
    let changes = 0;
    watch = watchFolder(folder(), () => (changes += 1), 5);
    await until('the poll', () => changes > 0);
    watch[Symbol.dispose]();
    const before = changes;
    writeFileSync(path.join(folder(), 'a'), '');
    let turns = 0;
    await until('some turns to pass', () => ++turns > 5);
    assert.equal(changes, before);
  });
});
