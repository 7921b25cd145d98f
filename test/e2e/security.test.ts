import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import type { ScriptStep } from '../../src/agents/script.js';
import { CommandLine } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const lock = (content: string): ScriptStep => ({ do: 'write', path: 'package-lock.json', content });

/** An npm without a network: finds as many vulnerabilities as the lock file says, as npm 10 reports them. */
const npm = [
  '#!/usr/bin/env node',
  "if (process.argv[2] !== 'audit') process.exit(0);",
  "const total = Number(require('node:fs').readFileSync('package-lock.json', 'utf8'));",
  "if (Number.isNaN(total)) { console.log(JSON.stringify({ message: 'ENOTFOUND', error: {} })); process.exit(1); }",
  'console.log(JSON.stringify({ vulnerabilities: {}, metadata: { vulnerabilities: { total } } }));',
  'process.exit(total > 0 ? 1 : 0);',
  '',
].join('\n');

describe('The look at known vulnerabilities', () => {
  it('is taken for attempts that change what it reads, warns only, and tells what was there before', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1' },
      { id: 'US-2', attempts: [[lock('2')]] },
      { id: 'US-3', attempts: [[lock('3 ')]] },
      { id: 'US-4', attempts: [[lock('offline')]] },
    ]);
    await workspace.useNpmScripts();
    await workspace.write('package-lock.json', '2 ');
    await workspace.commit('lock');
    await workspace.write('../bin/npm', npm);
    await chmod(path.join(workspace.folder, 'bin', 'npm'), 0o755);
    const PATH = `${path.join(workspace.folder, 'bin')}${path.delimiter}${process.env['PATH'] ?? ''}`;
    const args = ['run', 'prd.json', '--script', workspace.script, '--json'];
    const refused = await new CommandLine(workspace, args, { PATH }).ended();
    assert.match(refused.stderr, /npm audit --json/);
    const run = new CommandLine(workspace, [...args, '--yes'], { PATH });
    assert.equal((await run.ended()).exitCode, 0);
    const told = run.events.filter(({ type, data }) => type === 'gate.completed' && data['gate'] === 'security');
    assert.deepEqual(
      told.map(({ story_id, data }) => [story_id, data['passed'], data['vulnerabilities'], data['baseline']]),
      [
        ['US-2', false, 2, { passed: false, vulnerabilities: 2 }],
        ['US-3', false, 3, { passed: false, worse: true, vulnerabilities: 2 }],
        ['US-4', false, undefined, undefined],
      ],
    );
    assert.deepEqual(
      told.map(({ data }) => [data['required'], data['inconclusive']]),
      [
        [false, undefined],
        [false, undefined],
        [false, true],
      ],
    );
  });
});
