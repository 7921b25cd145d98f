import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readPage } from '../../../src/hub/history.js';
import type { PageWish } from '../../../src/hub/pageQuery.js';
import { Renderings } from '../../../src/hub/renderings.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig } from '../log/logRig.js';

describe('A page of history', () => {
  const folder = useTemporaryFolder();

  it('ends before what cannot be read, which is said, and what comes after that can be had', async () => {
    await using rig = await LogRig.open(folder(), { maxSegmentBytes: 600 });
    for (let index = 0; index < 6; index += 1) await rig.publish(1);
    const file = path.join(rig.dir, '1-2.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"level":"info"', '"level":"warn"'));
    const errors: string[] = [];
    const core = {
      log: rig.log,
      feed: rig.feed,
      logger: { ...silentLogger, error: (text: string) => errors.push(text) },
      renderings: new Renderings(rig.log.memory.state),
    };
    const wish = { filter: {}, delivery: {}, since: undefined, to: Infinity, earliest: -Infinity, latest: Infinity };
    const page = (after: string | undefined, order: PageWish['order'] = 'asc'): ReturnType<typeof readPage> =>
      readPage(core, { ...wish, after, order, limit: 100 });
    const first = await page(undefined);
    assert.ok(typeof first !== 'string');
    assert.ok(first.more && first.entries.length > 0 && first.entries.length < 6);
    assert.equal(await page(first.cursor), 'expired');
    assert.match(errors.join(), /damaged/);
    const rest = await page(rig.log.cursor(5));
    assert.ok(typeof rest !== 'string');
    assert.deepEqual(
      rest.entries.map(({ seq }) => seq),
      [6],
    );
    const backwards = await page(undefined, 'desc');
    assert.ok(typeof backwards !== 'string');
    assert.ok(backwards.more);
    assert.deepEqual(
      backwards.entries.map(({ seq }) => seq),
      [6, 5],
    );
    assert.equal(await page(backwards.cursor, 'desc'), 'expired');
  });
});
