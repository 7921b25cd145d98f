import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { branchNameFault, storyIdFault } from '../../../src/prd/names.js';

/** Whether git takes each of these for a ref name; one process for all. */
function gitAccepts(refs: readonly string[]): boolean[] {
  const script = 'for ref do git check-ref-format "$ref" && echo yes || echo no; done';
  const { stdout } = spawnSync('sh', ['-c', script, 'sh', ...refs], { encoding: 'utf8' });
  return stdout
    .trim()
    .split('\n')
    .map((line) => line === 'yes');
}

const hostile = fc.string({
  unit: fc.constantFrom(
    'a',
    'B',
    '1',
    '/',
    '.',
    '..',
    '-',
    '_',
    '@',
    '@{',
    '{',
    '~',
    '^',
    ':',
    '?',
    '*',
    '[',
    '\\',
    ' ',
    '\t',
    '\x7f',
    '.lock',
    'é',
  ),
  minLength: 1,
  maxLength: 6,
});

describe('names', function () {
  this.timeout(60_000);
  it('accepts a branch name only when git does, and ordinary ones always', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 60, maxLength: 60 }), (names) => {
        const accepted = gitAccepts(names.map((name) => `refs/heads/${name}`));
        for (const [index, name] of names.entries()) {
          if (branchNameFault(name) === undefined) assert.ok(accepted[index], `git refuses ${JSON.stringify(name)}`);
        }
      }),
      { numRuns: 6 },
    );
    for (const name of ['main', 'ralph/task-priority', 'feature/v1.6.0', 'a@b', 'größe/1']) {
      assert.equal(branchNameFault(name), undefined, name);
    }
    for (const name of ['-x', 'HEAD', '@', 'a//b', '/a', 'a/', 'a.lock/b', 'a b', 'a/.b', 'a..b', 'a.']) {
      assert.notEqual(branchNameFault(name), undefined, name);
    }
  });

  it('accepts a story id only when git takes it as a part of a ref', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 60, maxLength: 60 }), (ids) => {
        const accepted = gitAccepts(ids.map((id) => `refs/storyloop/run/${id}`));
        for (const [index, id] of ids.entries()) if (storyIdFault(id) === undefined) assert.ok(accepted[index], id);
      }),
      { numRuns: 6 },
    );
  });
});
