import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { commandText } from '../../../src/config/commandText.js';
import { fillTestCommand, testTemplate } from '../../../src/config/testCommand.js';

describe('testTemplate', () => {
  it('keeps the options of a runner that a single test needs, and leaves out its files', () => {
    for (const [script, template] of [
      ['node --test', 'node --test "--test-name-pattern={name}" {file}'],
      [
        'node --import tsx --test --test-reporter spec "test/**/*.test.ts"',
        'node --import tsx --test "--test-name-pattern={name}" {file}',
      ],
      [
        'node --experimental-strip-types --test --test-concurrency=1 test/',
        'node --experimental-strip-types --test "--test-name-pattern={name}" {file}',
      ],
      ['mocha', 'npx --no-install mocha --fail-zero --grep={name} {file}'],
      [
        'mocha -r ts-node/register --reporter dot "test/**/*.ts"',
        'npx --no-install mocha -r ts-node/register --fail-zero --grep={name} {file}',
      ],
      [
        'vitest run --coverage --config vite.test.ts',
        'npx --no-install vitest run --config vite.test.ts --testNamePattern={name} {file}',
      ],
      ['npx jest --ci --watchAll=false', 'npx --no-install jest --ci --testNamePattern={name} --runTestsByPath {file}'],
    ] as const) {
      assert.equal(commandText(testTemplate(script) ?? []).replaceAll('"', ''), template.replaceAll('"', ''), script);
    }
  });

  it('derives nothing from a script that is more than one plain command of a known runner', () => {
    for (const script of [
      'npm run build && mocha',
      'node test.js',
      'node scripts/run-tests.js --test-all',
      'tap',
      'NODE_ENV=test jest',
      'mocha $FILES',
      'mochapack',
      '',
    ]) {
      assert.equal(testTemplate(script), undefined, script);
    }
  });
});

describe('fillTestCommand', function () {
  this.timeout(60_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'storyloop-test-command-'));
    symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Exit code of one test run by the runner of a script. */
  const run = (script: string, file: string, name?: string): number | null => {
    const argv = fillTestCommand(testTemplate(script) ?? [], { file, ...(name !== undefined && { name }) });
    const [program = '', ...args] = argv;
    return spawnSync(program, args, { cwd: folder }).status;
  };

  const good = 'turns 0 °C (32 °F) [exactly] into "K" + $1';
  const bad = 'fails';

  it('runs exactly the named test of a file under node --test, special characters included', () => {
    writeFileSync(
      path.join(folder, 'a.test.mjs'),
      `import { test } from 'node:test';
      test(${JSON.stringify(good)}, () => { console.log('ran'); });
      test('${bad}', () => { throw new Error('red'); });`,
    );
    assert.equal(run('node --test', 'a.test.mjs', good), 0);
    assert.equal(run('node --test', 'a.test.mjs', bad), 1);
    assert.equal(run('node --test', 'a.test.mjs'), 1);
    assert.notEqual(run('node --test', 'missing.test.mjs', good), 0);
  });

  it('runs exactly the named test of a file under mocha, and fails when no test has that name', () => {
    writeFileSync(
      path.join(folder, 'b.test.cjs'),
      `it(${JSON.stringify(good)}, () => {}); it('${bad}', () => { throw new Error('red'); });`,
    );
    assert.equal(run('mocha', 'b.test.cjs', good), 0);
    assert.equal(run('mocha', 'b.test.cjs', bad), 1);
    assert.equal(run('mocha', 'b.test.cjs'), 1);
    assert.notEqual(run('mocha', 'b.test.cjs', 'no such test'), 0);
  });

  it('leaves out the arguments with the name when there is none', () => {
    assert.deepEqual(fillTestCommand(['t', '-k={name}', '{file}'], { file: 'a' }), ['t', 'a']);
  });

  it('keeps braces that a file or a name contains', () => {
    assert.deepEqual(fillTestCommand(['t', '{file}:{name}'], { file: '{name}.js', name: '$& {file}' }), [
      't',
      String.raw`{name}.js:\$& \{file\}`,
    ]);
  });
});
