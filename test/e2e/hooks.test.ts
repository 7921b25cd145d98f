import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import type { ScriptStep } from '../../src/agents/script.js';
import { startRun } from '../rig/commandLine.js';
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
    await workspace.write('.githooks/pre-commit', preCommit);
    await chmod(path.join(workspace.root, '.githooks/pre-commit'), 0o755);
    await workspace.commit('hook');
    await workspace.git('config', 'core.hooksPath', '.githooks');
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
});
