import assert from 'node:assert/strict';
import { chmod, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ScriptStep } from '../../src/agents/script.js';
import { deferred } from '../../src/primitives/deferred.js';
import { ProjectPaths } from '../../src/session/paths.js';
import { inTurn } from '../../src/session/repositoryTurns.js';
import { CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { fileAppears, until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const write = (file: string, content: string): ScriptStep => ({ do: 'write', path: file, content });

/** Refuses what says "bad", and formats what is staged, as lint-staged does. */
const preCommit = [
  '#!/bin/sh',
  'for file in $(git diff --cached --name-only --diff-filter=AM -- "*.txt"); do',
  '  if grep -q bad "$file"; then echo "$file is bad"; exit 1; fi',
  '  tr a-z A-Z < "$file" > formatted && mv formatted "$file" && git add "$file"',
  'done',
  // What it leaves besides is nobody's.
  'echo x > report.log; echo x >> old.txt',
  '',
].join('\n');

async function useHook(workspace: Workspace, content: string): Promise<void> {
  await workspace.write('.githooks/pre-commit', content);
  await chmod(path.join(workspace.root, '.githooks/pre-commit'), 0o755);
  await workspace.commit('hook');
  await workspace.git('config', 'core.hooksPath', '.githooks');
}

/** Waits until so many processes have the turn to run hooks in the repository, or wait for it. */
async function wantHookTurn(workspace: Workspace, count: number): Promise<void> {
  const folder = new ProjectPaths(path.join(workspace.root, '.git')).turns('hooks');
  const tickets = (): Promise<string[]> => readdir(folder).catch(() => []);
  await until(`${count} tickets`, async () => (await tickets()).length === count);
}

describe("The user's pre-commit hook", () => {
  it('runs as a gate on all that the attempt changed; what it formats is tested and committed, and nothing replaces it', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [write('US-1.txt', 'bad\n')],
          [write('.githooks/pre-commit', '#!/bin/sh\n')],
          [write('US-1.txt', 'fine\n'), { do: 'shell', command: 'rm .git && git init --quiet' }],
        ],
      },
    ]);
    // Nobody formatted what is there already.
    await workspace.write('old.txt', 'old\n');
    const tested =
      "const text = require('node:fs').readFileSync('US-1.txt', 'utf8'); process.exit(text === 'FINE\\n' ? 0 : 1);";
    await workspace.write('check.js', tested);
    await useHook(workspace, preCommit);
    const before = await workspace.fingerprint();
    const run = startRun(workspace);
    const ended = await run.ended();
    assert.equal(ended.exitCode, 0, ended.stderr);
    const started = run.events.find(({ type }) => type === 'gate.started')?.data['command'];
    assert.match(String(started), /^git hook run pre-commit → \.githooks\/pre-commit \(sha256 [0-9a-f]{32}\)$/);
    const feedback = run.events.filter(({ type }) => type === 'context.refreshed').map(({ data }) => data['feedback']);
    assert.match(String(feedback[0]), /Gate "pre-commit" .* failed\.\nUS-1\.txt is bad/);
    assert.match(String(feedback[1]), /changed the gate "pre-commit"/);
    const passed = run.events.filter(({ type, data }) => type === 'gate.completed' && data['passed'] === true);
    assert.deepEqual(
      passed.map(({ data }) => data['gate']),
      ['pre-commit', 'test'],
    );
    assert.equal(await workspace.git('show', 'ralph/sample:US-1.txt'), 'FINE');
    assert.equal(await workspace.git('show', 'ralph/sample:old.txt'), 'old');
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    assert.deepEqual(await workspace.fingerprint(), before);
  });

  it('runs in one run at a time, also in those of different PRDs of the repository', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const { folder } = workspace;
    const once = [
      '#!/bin/sh',
      `mkdir "${folder}/hook-runs" || exit 1`,
      `while [ ! -e "${folder}/go" ]; do sleep 0.05; done`,
      // Time for one that does not wait.
      `sleep 1; rmdir "${folder}/hook-runs"`,
      '',
    ].join('\n');
    await useHook(workspace, once);
    const prd = JSON.parse(await workspace.read('prd.json')) as object;
    await workspace.write('other.json', JSON.stringify({ ...prd, branchName: 'ralph/other' }));
    const runs = ['prd.json', 'other.json'].map(
      (file) => new CommandLine(workspace, ['run', file, '--script', workspace.script, '--yes', '--json']),
    );
    await fileAppears(`${folder}/hook-runs`);
    await wantHookTurn(workspace, 2);
    await workspace.write('../go', '');
    for (const { exitCode, stderr } of await Promise.all(runs.map((run) => run.ended())))
      assert.equal(exitCode, 0, stderr);
    const hooks = runs.flatMap(({ events }) =>
      events.filter(({ type, data }) => type === 'gate.completed' && data['gate'] === 'pre-commit'),
    );
    assert.deepEqual(
      hooks.map(({ data }) => [data['passed'], data['flaky']]),
      [
        [true, undefined],
        [true, undefined],
      ],
    );
    await wantHookTurn(workspace, 0);
  });

  it('is no longer waited for by an attempt that is stopped while another process runs it', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await useHook(workspace, '#!/bin/sh\n');
    const held = deferred();
    const holding = inTurn(path.join(workspace.root, '.git'), 'hooks', () => held.promise);
    const run = startRun(workspace);
    await wantHookTurn(workspace, 2);
    assert.equal((await storyloop(workspace, 'pause', '--now')).exitCode, 0);
    await run.event('prd.paused');
    const ended = run.events.find(({ type }) => type === 'context.completed');
    assert.equal(ended?.data['reason'], 'interrupted');
    held.resolve();
    await holding;
    assert.equal((await storyloop(workspace, 'resume')).exitCode, 0);
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
  });
});
