import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { failpoints } from '../../../src/primitives/failpoint.js';

// Tests run from the project's root, after the build.
const textOf = (file: string): string => readFileSync(path.resolve(file), 'utf8');

describe('failpoints', () => {
  it('are not in what ships: neither their names nor what switches them on', () => {
    const shipped = readdirSync('dist', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
    assert.ok(shipped.includes('extension.js') && shipped.includes('cli.js'));
    for (const file of shipped) {
      const text = textOf(path.join('dist', file));
      for (const name of [...failpoints, 'STORYLOOP_FAILPOINT']) assert.ok(!text.includes(name), `${file}: ${name}`);
    }
  });

  it('are all passed somewhere in the command line that tests kill', () => {
    const text = textOf('out/faults/cli.js');
    for (const name of failpoints) assert.ok(text.includes(`failpoint("${name}"`), `${name} is in the list only`);
  });
});
