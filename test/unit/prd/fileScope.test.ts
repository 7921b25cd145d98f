import assert from 'node:assert/strict';
import { commonScope, filesInScope } from '../../../src/prd/fileScope.js';

describe('Where two stories work', () => {
  const meets = (one: string, other: string): boolean => commonScope([one], [other]).length > 0;

  it('is the same place for a file, the folders that it is in, and globs from there on, seen from both sides', () => {
    for (const [one, other] of [
      ['src/api.ts', 'src/api.ts'],
      ['src', 'src/api.ts'],
      ['src/*.ts', 'src/api.ts'],
      ['src/**/*.ts', 'src/hub/ports.ts'],
      ['src/{hub,log}/a.ts', 'src/hub'],
      ['src/@(hub|log)/a.ts', 'src/hub'],
      ['app/[id]/page.tsx', 'app/[id]'],
      ['**/*.md', 'docs'],
      ['**', 'anything'],
    ] as const) {
      assert.ok(meets(one, other) && meets(other, one), `${one} and ${other}`);
    }
  });

  it('is another place for files beside each other and for names that only begin alike', () => {
    for (const [one, other] of [
      ['src/api.ts', 'src/hub.ts'],
      ['src/hub', 'src/hub.ts'],
      ['src/api.ts', 'src/api.tsx'],
      ['src/hub/*.ts', 'src/log/*.ts'],
      ['docs', 'src/docs'],
    ] as const) {
      assert.ok(!meets(one, other) && !meets(other, one), `${one} and ${other}`);
    }
  });

  it('is named by the entries of the other one', () => {
    assert.deepEqual(commonScope(['src/hub', 'docs'], ['test', 'docs/a.md', 'src/**']), ['docs/a.md', 'src/**']);
    assert.deepEqual(commonScope([], ['src']), []);
    assert.deepEqual(commonScope(['src'], []), []);
  });
});

describe('The files of a scope', () => {
  const named = (entry: string, ...files: string[]): string[] => filesInScope([entry], files);

  it('are those that it names, hidden ones as well', () => {
    assert.deepEqual(named('src/*.ts', 'src/a.ts', 'src/b.js', 'src/c/d.ts'), ['src/a.ts']);
    assert.deepEqual(named('src/**', 'src/c/.d.ts', 'srcs/a'), ['src/c/.d.ts']);
    assert.deepEqual(named('src/api.ts', 'src/api.tsx', 'src/api.ts'), ['src/api.ts']);
  });

  it('are all in a folder that it names, by a glob or not', () => {
    assert.deepEqual(named('src/hub', 'src/hub/a/b.ts', 'src/hub.ts'), ['src/hub/a/b.ts']);
    assert.deepEqual(named('packages/*/src', 'packages/one/src/a.ts', 'packages/one/b.ts'), ['packages/one/src/a.ts']);
  });

  it('are those with brackets in their names, too', () => {
    assert.deepEqual(named('app/(shop)/[id]/page.tsx', 'app/(shop)/[id]/page.tsx'), ['app/(shop)/[id]/page.tsx']);
  });

  it('are none without a scope', () => {
    assert.deepEqual(filesInScope([], ['a']), []);
  });
});
