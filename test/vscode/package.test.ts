import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { failpoints } from '../../src/primitives/failpoint.js';
import { packedExtension } from '../rig/vscode/storyloopWindow.js';
import { filesOfZip } from '../rig/zip.js';

describe('The packed extension', () => {
  it('has no failpoint: neither their names nor what switches them on', async () => {
    const files = filesOfZip(await readFile(await packedExtension()));
    for (const program of ['extension', 'cli', 'socketio']) {
      assert.ok(files.has(`extension/dist/${program}.js`), [...files.keys()].join());
    }
    for (const [file, content] of files) {
      for (const name of [...failpoints, 'STORYLOOP_FAILPOINT']) assert.ok(!content.includes(name), `${file}: ${name}`);
    }
  });
});
