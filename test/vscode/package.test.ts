import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { failpoints } from '../../src/primitives/failpoint.js';
import { filesOfZip } from '../rig/zip.js';

describe('The packed extension', () => {
  it('has no failpoint: neither their names nor what switches them on', async () => {
    const vsix = process.env['STORYLOOP_VSIX'];
    assert.ok(vsix !== undefined, 'STORYLOOP_VSIX names no packed extension; run this through npm test');
    const files = filesOfZip(await readFile(vsix));
    for (const program of ['extension', 'cli', 'socketio', 'metrics']) {
      assert.ok(files.has(`extension/dist/${program}.js`), [...files.keys()].join());
    }
    for (const [file, content] of files) {
      for (const name of [...failpoints, 'STORYLOOP_FAILPOINT']) assert.ok(!content.includes(name), `${file}: ${name}`);
    }
  });
});
