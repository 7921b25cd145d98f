import assert from 'node:assert/strict';
import type { ScriptStep } from '../../src/agents/script.js';
import { startRun, type CommandLine } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const write = (path: string, content: string): ScriptStep => ({ do: 'write', path, content });

const gates = (run: CommandLine, story: string) =>
  run.events.filter((event) => event.type === 'gate.completed' && event.story_id === story).map(({ data }) => data);

/** A gate that says how many tests pass and fail, as "results" has them, and keeps count of where it ran. */
const countingCheck = [
  "const fs = require('node:fs');",
  "const [passed, failed] = fs.readFileSync('results', 'utf8').split(' ').map(Number);",
  "fs.appendFileSync('../../../../../ran', `${require('node:path').basename(process.cwd())}\\n`);",
  'console.log(`# pass ${passed}\\n# fail ${failed}`);',
  'process.exit(failed > 0 ? 1 : 0);',
  '',
].join('\n');

describe('A gate', () => {
  it('that fails on the base, too, sends nothing back and proves nothing, unless it got worse; the base is asked once', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('results', '2 3')], [write('US-1.txt', 'x')]] },
      { id: 'US-2', attempts: [[write('results', '4 1')]] },
    ]);
    await workspace.write('check.js', countingCheck);
    await workspace.write('results', '3 2');
    await workspace.commit('two tests fail');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(
      gates(run, 'US-1').map(({ passed, baseline }) => [passed, baseline]),
      [
        [false, { passed: false, worse: true }],
        [false, { passed: false }],
      ],
    );
    const feedback = run.events.find((event) => event.type === 'context.refreshed')?.data['feedback'];
    assert.match(String(feedback), /3 tests fail, 2 did before/);
    assert.equal(run.events.filter((event) => event.type === 'criterion.completed').length, 0);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
    const ran = (await workspace.read('../ran')).trim().split('\n');
    assert.equal(ran.filter((folder) => folder.startsWith('base-')).length, 2, 'once for each base');
    assert.equal(await workspace.git('worktree', 'list', '--porcelain').then((list) => list.split('\n\n').length), 1);
  });

  it('that passes on the base fails the attempt, and is run on the base only then', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('results', '4 0')]] },
      { id: 'US-2', attempts: [[write('results', '3 1')], [write('results', '5 0')]] },
    ]);
    await workspace.write('check.js', countingCheck);
    await workspace.write('results', '3 0');
    await workspace.commit('all is well');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(
      [...gates(run, 'US-1'), ...gates(run, 'US-2')].map(({ passed, baseline }) => [passed, baseline]),
      [
        [true, undefined],
        [false, { passed: true }],
        [true, undefined],
      ],
    );
    const ran = (await workspace.read('../ran')).trim().split('\n');
    assert.deepEqual(
      ran.map((folder) => folder.replace(/^base-.*/, 'base')),
      ['US-1-1', 'US-2-1', 'US-2-1', 'base', 'US-2-2'],
    );
  });

  it('that fails, and passes on the same files when run again, is flaky: it passes, and the base is not asked', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const flaky =
      "const fs = require('node:fs'); if (!fs.existsSync('../seen')) { fs.writeFileSync('../seen', ''); process.exit(1); }\n";
    await workspace.write('check.js', flaky);
    await workspace.commit('a flaky check');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(
      gates(run, 'US-1').map(({ passed, flaky: isFlaky, baseline }) => [passed, isFlaky, baseline]),
      [[true, true, undefined]],
    );
  });

  it('of tests that cover too little fails the attempt, and says how much was covered', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write('covered', '79.5')], [write('covered', '80')]] },
    ]);
    // What it prints last would push the report out of the end that is kept in memory.
    const check =
      "console.log(`# pass 3\\n# fail 0\\n# all files | ${require('node:fs').readFileSync('covered')} | 50 | 50 |`); console.log('.\\n'.repeat(8_000));\n";
    await workspace.write('check.js', check);
    await workspace.write('covered', '90');
    await workspace.write('.storyloop.json', JSON.stringify({ minCoverage: 80 }));
    await workspace.commit('tests with coverage');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    const told = run.events.filter(({ type }) => type === 'test.run').map(({ data }) => data['coverage']);
    assert.deepEqual(told, [79.5, 80]);
    const feedback = run.events.find((event) => event.type === 'context.refreshed')?.data['feedback'];
    assert.match(String(feedback), /cover 79\.5 % of lines; 80 % have to be/);
  });

  it('of tests is counted by the report that they wrote, not by one that lay there, and does not pass against it', async () => {
    const report = (end: string): string =>
      `<testsuite><testcase name="a"/><testcase name="b">${end}</testcase></testsuite>`;
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [write('result', report('<failure/>')), write('reports/unit.xml', report(''))],
          [write('US-1.txt', 'x'), write('reports/other.xml', report('<failure/>'))],
        ],
      },
    ]);
    const check =
      "const fs = require('node:fs'); fs.mkdirSync('reports', { recursive: true }); fs.copyFileSync('result', 'reports/unit.xml');\n";
    await workspace.write('check.js', check);
    await workspace.write('result', report(''));
    await workspace.write('.gitignore', 'reports\n');
    await workspace.write('.storyloop.json', JSON.stringify({ testReport: 'reports/*.xml' }));
    await workspace.commit('tests with a report');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    const told = run.events
      .filter(({ type }) => type === 'test.run')
      .map(({ data }) => [data['passed'], data['failed']]);
    assert.deepEqual(told, [
      [1, 1],
      [2, 0],
    ]);
    const feedback = run.events.find((event) => event.type === 'context.refreshed')?.data['feedback'];
    assert.match(String(feedback), /1 of them failed, whatever the gate ended with/);
  });

  it('that is not required warns when it fails, sends nothing back and proves nothing, whatever a reviewer would say; what another counts is told', async () => {
    await using workspace = await Workspace.withStories([
      {
        ...{ id: 'US-1', criteria: ['All tests pass', 'Lint passes'], attempts: [[write('broken', 'x')]] },
        reviews: [[{ do: 'find', criterion: 1, holds: true, evidence: 'They look well' }]],
      },
    ]);
    const lint = ['node', '-e', 'console.log("\\u2716 2 problems (0 errors, 2 warnings)")'];
    const gatesOf = { lint, test: { command: ['node', 'check.js'], required: false } };
    await workspace.write('../home/config.json', JSON.stringify({ gates: gatesOf }));
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(
      gates(run, 'US-1').map(({ gate, passed, required, warnings }) => [gate, passed, required, warnings]),
      [
        ['lint', true, undefined, 2],
        ['test', false, false, undefined],
      ],
    );
    const proved = run.events.filter(({ type }) => type === 'criterion.completed').map(({ data }) => data['ac_index']);
    assert.deepEqual(proved, [2]);
  });

  it('is compared with a base in which no test of an agent has run', async () => {
    const test = [
      "import fs from 'node:fs'; import test from 'node:test'; import assert from 'node:assert';",
      "if (!fs.existsSync('it.txt')) fs.writeFileSync('broken', 'x');",
      "test('has it', () => assert.ok(fs.existsSync('it.txt')));",
    ].join('\n');
    const steps = [write('it.txt', 'it'), write('it.test.mjs', test)];
    const claim: ScriptStep = { do: 'claim', criterion: 1, test: { file: 'it.test.mjs', name: 'has it' } };
    await using workspace = await Workspace.withStories([
      {
        ...{ id: 'US-1', criteria: ['It is there', 'More is there (verify: test -f more.txt)'] },
        attempts: [
          [...steps, claim],
          [...steps, claim, write('more.txt', 'x'), write('broken', 'x')],
        ],
      },
    ]);
    // What git ignores stays in the worktrees of a base, for what set-up commands made.
    await workspace.write('.gitignore', 'broken\n');
    const testCommand = ['node', '--test', '--test-name-pattern={name}', '{file}'];
    await workspace.write('.storyloop.json', JSON.stringify({ testCommand, attempts: 2 }));
    await workspace.commit('configure');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 3);
    const proved = run.events.filter(({ type }) => type === 'criterion.completed').map(({ data }) => data['ac_index']);
    assert.deepEqual(proved, [1]);
    assert.deepEqual(gates(run, 'US-1').at(-1)?.['baseline'], { passed: true });
  });

  it('runs on the base as on an attempt, after the set-up commands', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const needsSetUp = "if (!require('node:fs').existsSync('ready')) process.exit(0); process.exit(1);\n";
    await workspace.write('check.js', needsSetUp);
    await workspace.write('.gitignore', 'ready\n');
    await workspace.write('.storyloop.json', JSON.stringify({ setup: [['touch', 'ready']] }));
    await workspace.commit('a check that fails when set up');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    assert.deepEqual(gates(run, 'US-1')[0]?.['baseline'], { passed: false });
  });
});
