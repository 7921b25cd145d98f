import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Terms } from '../../../src/records/terms.js';
import { currentHolder, parseHolder } from '../../../src/session/holder.js';
import { cleanLock, listLocks } from '../../../src/session/ownership.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('A lock of a PRD', () => {
  const folder = useTemporaryFolder();
  const project = (): ProjectPaths => new ProjectPaths(folder());

  it('is listed in order of their names, without those that nobody ever had', async () => {
    for (const name of ['b', 'a', 'c']) {
      const terms = new Terms(project().terms(name), parseHolder);
      await terms.claim(1, { ...currentHolder('elsewhere'), pid_namespace: 'pid:[1]' });
    }
    mkdirSync(project().terms('none'));
    writeFileSync(project().terms('file'), '');
    mkdirSync(project().terms('torn'));
    writeFileSync(path.join(project().terms('torn'), '1.json'), '{"pid":');
    const listed = await listLocks(project().state);
    assert.deepEqual(
      listed.map(({ prdId, state, heartbeatAgeMs }) => [prdId, state, heartbeatAgeMs]),
      ['a', 'b', 'c'].map((name) => [name, 'foreign', undefined]),
    );
  });

  it('is not cleaned of who released it, nor of an owner that was heard of lately', async () => {
    const released = new Terms(project().terms('free'), parseHolder);
    await released.claim(1, currentHolder('test'));
    await released.release(1);
    assert.equal(await cleanLock(project().state, 'free', -1), false);
    const terms = new Terms(project().terms('far'), parseHolder);
    const since = new Date(Date.now() - 10_000).toISOString();
    await terms.claim(1, { ...currentHolder('elsewhere'), pid_namespace: 'pid:[1]', since });
    assert.equal(await cleanLock(project().state, 'far', 3_600_000), false);
    assert.equal(await cleanLock(project().state, 'far', 5_000), true);
    const { term, holder, released: isReleased } = (await terms.highest()) ?? {};
    assert.deepEqual([term, holder?.role, isReleased], [2, 'storyloop locks clean', true]);
  });
});
