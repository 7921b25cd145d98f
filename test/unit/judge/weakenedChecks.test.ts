import assert from 'node:assert/strict';
import fc from 'fast-check';
import { weakenedChecks, type AttemptChanges } from '../../../src/judge/weakenedChecks.js';
import type { ChangedFile, ChangedLine } from '../../../src/git/changes.js';

const nothing: AttemptChanges = { files: [], lines: [], manifests: [], baseFiles: [], gateTexts: [] };
const files = (changes: Partial<AttemptChanges>): string[] =>
  weakenedChecks({ ...nothing, ...changes }).map(({ file }) => file);
const inFiles = (...changed: ChangedFile[]): string[] => files({ files: changed });
const line = (side: ChangedLine['side'], path: string, text: string): ChangedLine => ({ side, path, text });
const adds = (path: string, text: string): boolean => files({ lines: [line('added', path, text)] }).length > 0;

/** Path and line, of which adding weakens. */
const weak: readonly (readonly [path: string, text: string])[] = [
  ['test/a.test.ts', "  it.skip('adds', () => {"],
  ['src/a.spec.js', "describe.only('sums', () => {"],
  ['check.js', "test.concurrent.skip.each([1])('x', () => {"],
  ['test/a.js', "xit('adds', () => {"],
  ['test/a.js', "xdescribe('adds', () => {"],
  ['test/a.mjs', "test('adds', { skip: true }, () => {"],
  ['test/a.mjs', '  t.skip("later");'],
  ['test/a.ts', "fdescribe('sums', () => {"],
  ['tests/test_a.py', '@pytest.mark.skip(reason="later")'],
  ['tests/test_a.py', '    self.skipTest("later")'],
  ['sum_test.go', '\tt.Skip("later")'],
  ['src/lib.rs', '    #[ignore]'],
  ['src/a.ts', '// eslint-disable-next-line no-console'],
  ['src/a.ts', '/* eslint-disable */'],
  ['src/a.tsx', '  // @ts-ignore'],
  ['src/a.ts', '// @ts-nocheck'],
  ['a.py', 'x = f()  # type: ignore[arg-type]'],
  ['a.py', 'import os  # noqa: F401'],
];

/** The same words, where they mean something else. */
const harmless: readonly (readonly [path: string, text: string])[] = [
  ['src/a.ts', 'const page = cursor.skip(10).limit(5);'],
  ['src/a.ts', 'const options = { skip: true };'],
  ['src/a.ts', 'const line = fit(points);'],
  ['README.md', 'Do not use it.skip( or eslint-disable.'],
  ['test/a.test.ts', "it('skips what is done', () => {"],
  ['src/a.py', 'values.skip(3)'],
  ['src/a.go', 'reader.Skip(3)'],
  ['test/a.test.ts', '// @ts-expect-error it has to be refused'],
];

describe('A change weakens checks', () => {
  for (const [path, text] of weak) {
    it(`when it adds to ${path} the line ${text.trim()}`, () => {
      assert.equal(adds(path, text), true);
      assert.equal(files({ lines: [line('removed', path, text)] }).length, 0, 'taking it away does not');
    });
  }

  it('not when the words mean something else', () => {
    for (const [path, text] of harmless) assert.equal(adds(path, text), false, `${path}: ${text}`);
  });

  it('only as far as there is more of it than before: what moves is no more, in any order', () => {
    const some = fc.shuffledSubarray([...weak], { minLength: 1 });
    fc.assert(
      fc.property(some, fc.nat(), fc.constantFrom('', 'old/'), (lines, chosen, folder) => {
        const moved = lines.flatMap(([path, text]) => [
          line('added', path, `    ${text}`),
          line('removed', `${folder}${path}`, text),
        ]);
        assert.deepEqual(files({ lines: moved }), []);
        const [path, text] = lines[chosen % lines.length] ?? ['', ''];
        const more = line('added', path, `${text} // more`);
        assert.deepEqual(files({ lines: [more, ...moved] }), [path]);
        assert.deepEqual(files({ lines: [...moved, more] }), [path]);
      }),
    );
  });

  it('not when a line that had such a comment changes otherwise, but when another one gets it', () => {
    const change = (before: string, after: string, path = 'src/a.ts') =>
      files({ lines: [line('removed', 'src/a.ts', before), line('added', path, after)] });
    assert.deepEqual(change('f(1); // eslint-disable-line', 'f(2); // eslint-disable-line'), []);
    assert.deepEqual(change('f(1); // eslint-disable-line', 'f(2); // eslint-disable-line', 'src/b.ts'), ['src/b.ts']);
    assert.deepEqual(change("it.skip('a', x)", "it.skip('b', x)"), ['src/a.ts'], 'another test is skipped now');
  });

  it('when a test file is deleted, or renamed so that it is none, but not when it moves', () => {
    assert.deepEqual(inFiles({ kind: 'deleted', path: 'src/a.test.ts' }), ['src/a.test.ts']);
    for (const path of ['tests/a.py', 'a_test.go', 'spec/a_spec.rb', 'src/test/java/SumTest.java', 'test_a.py']) {
      assert.deepEqual(inFiles({ kind: 'deleted', path }), [path]);
    }
    assert.deepEqual(inFiles({ kind: 'renamed', path: 'a.txt', from: 'a.test.ts' }), ['a.test.ts']);
    assert.deepEqual(inFiles({ kind: 'renamed', path: 'b.test.ts', from: 'a.test.ts' }), []);
    assert.deepEqual(inFiles({ kind: 'deleted', path: 'src/latest.ts' }, { kind: 'deleted', path: 'test/a.json' }), []);
  });

  it('when the configuration of a check changes, is deleted, or is renamed away', () => {
    for (const path of [
      ...['tsconfig.json', 'packages/a/tsconfig.build.json', 'eslint.config.mjs', '.eslintrc', 'src/.eslintrc.cjs'],
      ...['jest.config.ts', 'vitest.config.mts', '.mocharc.json', 'pytest.ini', 'ruff.toml', '.storyloop.json'],
    ]) {
      assert.deepEqual(inFiles({ kind: 'modified', path }), [path]);
      assert.deepEqual(inFiles({ kind: 'deleted', path }), [path]);
      assert.deepEqual(inFiles({ kind: 'renamed', path: 'old', from: path }), [path]);
    }
    assert.deepEqual(
      inFiles({ kind: 'modified', path: 'package-lock.json' }, { kind: 'modified', path: 'config.json' }),
      [],
    );
  });

  it('when a configuration is added over one that was there, not when it comes with something new', () => {
    const adding = (path: string, ...baseFiles: string[]) => files({ files: [{ kind: 'added', path }], baseFiles });
    assert.deepEqual(adding('src/.eslintrc.json', '.eslintrc.json', 'src/a.js'), ['src/.eslintrc.json']);
    assert.deepEqual(adding('new/.eslintrc.json', '.eslintrc.json', 'src/a.js'), []);
    assert.deepEqual(adding('eslint.config.mjs', 'README.md'), []);
    assert.deepEqual(adding('tsconfig.test.json', 'tsconfig.json'), [], 'nothing reads it that did not change');
    assert.deepEqual(adding('.storyloop.json', 'README.md'), ['.storyloop.json']);
  });

  it('when package.json changes what the gates run, or holds the configuration of a check', () => {
    const base = {
      version: '1.0.0',
      scripts: { test: 'npm run -s unit && node check.js', unit: 'mocha', start: 'node .' },
      jest: { bail: true },
      dependencies: { a: '1' },
    };
    const change = (after: object, gateTexts = ['npm test']): string[] =>
      weakenedChecks({
        ...nothing,
        manifests: [
          { path: 'package.json', before: JSON.stringify(base), after: JSON.stringify({ ...base, ...after }) },
        ],
        gateTexts,
      }).map(({ what }) => what);
    assert.deepEqual(change({ version: '1.1.0', dependencies: { a: '2', b: '1' } }), []);
    assert.deepEqual(change({ scripts: { ...base.scripts, start: 'node x', build: 'tsc' } }), []);
    assert.deepEqual(change({ scripts: { ...base.scripts, unit: 'true' } }), ['changes the script "unit"']);
    assert.deepEqual(change({ scripts: { ...base.scripts, pretest: 'rm -r test' } }), ['changes the script "pretest"']);
    assert.deepEqual(change({ scripts: {} }), ['changes the script "test"', 'changes the script "unit"']);
    assert.deepEqual(change({ scripts: {} }, ['make check']), []);
    assert.deepEqual(change({ jest: { bail: false } }), ['changes "jest"']);
    assert.deepEqual(change({ mocha: { grep: 'x' } }), ['changes "mocha"']);
  });

  it('when a section of pyproject.toml configures a check otherwise', () => {
    const base = '[project]\nname = "a"\n\n[tool.ruff.lint]\nselect = ["ALL"]\n\n[tool.hatch]\nx = 1\n';
    const change = (after: string): string[] => files({ manifests: [{ path: 'pyproject.toml', before: base, after }] });
    assert.deepEqual(change(base.replace('"a"', '"b"').replace('x = 1', 'x = 2')), []);
    assert.deepEqual(change(base.replace('ALL', 'E')), ['pyproject.toml']);
    assert.deepEqual(change(`${base}[tool.pytest.ini_options]\naddopts = "-k x"\n`), ['pyproject.toml']);
  });
});
