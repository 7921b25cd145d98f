import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deriveTestCommand, commandGates } from '../../../src/config/gates.js';

describe('commandGates', function () {
  this.timeout(60_000);
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'storyloop-gates-'));
  });

  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  const scripts = (all: Record<string, string>): void => {
    writeFileSync(path.join(root, 'package.json'), JSON.stringify({ scripts: all }));
  };

  it('takes the npm scripts test, typecheck and lint that exist, and shows what they run', async () => {
    scripts({ lint: 'eslint .', build: 'make', test: 'node --test' });
    assert.deepEqual(await commandGates(root, {}), [
      {
        kind: 'command',
        name: 'test',
        argv: ['npm', 'run', '--silent', 'test'],
        text: 'npm run test → node --test',
        required: true,
      },
      {
        kind: 'command',
        name: 'lint',
        argv: ['npm', 'run', '--silent', 'lint'],
        text: 'npm run lint → eslint .',
        required: true,
      },
    ]);
  });

  it('shows what npm runs before and after a script, because it runs them too', async () => {
    scripts({ pretest: 'make', test: 'mocha', posttest: 'echo done' });
    assert.equal((await commandGates(root, {}))[0]?.text, 'npm run test → make && mocha && echo done');
  });

  it('does not take the placeholder of npm init for a test', async () => {
    scripts({ test: 'echo "Error: no test specified" && exit 1' });
    assert.deepEqual(await commandGates(root, {}), []);
  });

  it('takes the configured gates instead, in their order', async () => {
    scripts({ test: 'node --test' });
    assert.deepEqual(await commandGates(root, { gates: { unit: ['make', 'a b'], lint: ['ruff', 'check'] } }), [
      { kind: 'command', name: 'unit', argv: ['make', 'a b'], text: 'make "a b"', required: true },
      { kind: 'command', name: 'lint', argv: ['ruff', 'check'], text: 'ruff check', required: true },
    ]);
  });

  it('requires a configured gate unless it says otherwise', async () => {
    const command = ['make'];
    const gates = {
      plain: command,
      told: { command, required: true },
      silent: { command },
      not: { command, required: false },
    };
    assert.deepEqual(
      (await commandGates(root, { gates })).map(({ name, text, required }) => [name, text, required]),
      [
        ['plain', 'make', true],
        ['told', 'make', true],
        ['silent', 'make', true],
        ['not', 'make', false],
      ],
    );
  });

  it('has no gates without a package.json', async () => {
    assert.deepEqual(await commandGates(root, {}), []);
  });

  it('has a gate that fails, not none, when package.json is broken', async () => {
    writeFileSync(path.join(root, 'package.json'), '{ "scripts": { "test": "node --test", } }');
    const [gate, ...others] = await commandGates(root, {});
    assert.ok(gate && others.length === 0);
    const [program, ...args] = gate.argv;
    assert.notEqual(spawnSync(program, args, { cwd: root }).status, 0);
  });

  it('derives how to run one test from the test script, unless that is configured', async () => {
    assert.equal(await deriveTestCommand(root, {}), undefined);
    scripts({ test: 'node --test' });
    assert.deepEqual((await deriveTestCommand(root, {}))?.at(-1), '{file}');
    assert.deepEqual(await deriveTestCommand(root, { testCommand: ['t', '{file}'] }), ['t', '{file}']);
  });
});
