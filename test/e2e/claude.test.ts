import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { CommandLine, storyloop } from '../rig/commandLine.js';
import { processesOfTest } from '../rig/leakCheck.js';
import { ModelServer, type ModelTurn } from '../rig/modelServer.js';
import { until } from '../rig/waiting.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';
import { ensureClaudeCode } from '../setup/claudeCode.mjs';

const greetTest = `import test from 'node:test';
import assert from 'node:assert';
test('greets', async () => { const { greet } = await import('./greet.mjs'); assert.equal(greet('Ada'), 'Hello Ada'); });
`;
const report = (input: object): ModelTurn => ({ do: 'call', tool: 'mcp__storyloop__report_criterion', input });
const bash = (command: string): ModelTurn => ({ do: 'call', tool: 'Bash', input: { command, description: command } });
const write = (file: string, content: string): ModelTurn => ({
  do: 'call',
  text: `I write ${file}.`,
  tool: 'Write',
  input: { file_path: file, content },
});

describe('Claude Code, the real one, with a model of ours', function () {
  let program: string;

  before(async function () {
    this.timeout(300_000);
    try {
      program = await ensureClaudeCode();
    } catch (error) {
      console.log(`Claude Code cannot be had here: ${String(error)}`);
      this.skip();
    }
  });

  async function workspaceOf(story: PlannedStory, config: object = {}): Promise<Workspace> {
    const workspace = await Workspace.withStories([story]);
    await workspace.write(
      '.storyloop.json',
      JSON.stringify({ testCommand: ['node', '--test', '--test-name-pattern={name}', '{file}'] }),
    );
    await workspace.commit('configure');
    const settings = { agents: { claude: { path: program } }, attempts: 1, ...config };
    await workspace.write(path.join(workspace.home, 'config.json'), JSON.stringify(settings));
    await mkdir(path.join(workspace.folder, 'claude'));
    return workspace;
  }

  function start(workspace: Workspace, model: ModelServer): CommandLine {
    return new CommandLine(workspace, ['run', 'prd.json', '--agent', 'claude', '--yes', '--json'], {
      ...model.environment,
      HOME: path.join(workspace.folder, 'claude'),
      ANTHROPIC_API_KEY: 'sk-ant-of-the-test',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      CLAUDE_CODE_MAX_RETRIES: '0',
    });
  }

  const ended = (run: CommandLine) => {
    const { reason, message } = run.events.find(({ type }) => type === 'context.completed')?.data ?? {};
    return { reason, message: String(message) };
  };

  async function firstAttempt(workspace: Workspace) {
    const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
    const attempt = runs[0]?.stories[0]?.attempts[0];
    assert.ok(runs[0] && attempt?.prompt !== undefined && attempt.transcript !== undefined);
    return { attempt, transcript: await readFile(attempt.transcript, 'utf8'), criteria: runs[0].stories[0]?.criteria };
  }

  it('edits, runs into a failing command, and claims over MCP what becomes proofs; as a reviewer it reads, cannot write, and confirms the rest; its cost is told', async () => {
    await using workspace = await workspaceOf({
      id: 'US-1',
      criteria: ['All tests pass', 'It greets', 'It is polite'],
    });
    await using model = await ModelServer.start(
      [
        write('greet.test.mjs', greetTest),
        bash('node --test greet.test.mjs'),
        write('greet.mjs', 'export const greet = (name) => `Hello ${name}`;\n'),
        bash('node --test greet.test.mjs'),
        report({ criterion: 'AC-2', test: { file: 'greet.test.mjs', name: 'greets' } }),
        report({ criterion: 'AC-9' }),
        report({ criterion: 'AC-3', note: 'It says Hello.' }),
        bash('curl http://127.0.0.1:9/'),
        { do: 'say', text: 'All done.' },
      ],
      [
        { do: 'call', tool: 'Read', input: { file_path: 'greet.mjs' } },
        write('greet.mjs', 'export const greet = () => "Go away";\n'),
        bash('git show HEAD:greet.mjs'),
        {
          do: 'call',
          tool: 'mcp__storyloop__review_criterion',
          input: { criterion: 'AC-3', holds: true, evidence: 'It says Hello', key: '$KEY' },
        },
        { do: 'say', text: 'Reviewed.' },
      ],
    );
    const run = start(workspace, model);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, `${result.stderr} ${result.stdout}`);

    assert.match(await workspace.git('show', 'ralph/sample:greet.mjs'), /Hello/);
    const { attempt, transcript, criteria } = await firstAttempt(workspace);
    assert.deepEqual(
      criteria?.map(({ status, proof }) => [status, proof?.kind]),
      [
        ['proved', 'gate'],
        ['proved', 'test'],
        ['proved', 'review'],
      ],
    );
    const turns = model.requests.length;
    assert.deepEqual([attempt.usage?.inputTokens, attempt.usage?.outputTokens], [turns * 2_100, turns * 42]);
    assert.ok((attempt.usage?.costUsd ?? 0) > 0);
    assert.match(transcript, /I write greet\.mjs\.\n▶ Write: greet\.mjs\n/);
    assert.match(transcript, /▶ Bash: node --test greet\.test\.mjs\n {2}✗ Exit code 1/);
    assert.match(transcript, /There is no AC-9\. This story has AC-1, AC-2, AC-3\./);
    assert.match(transcript, /All done\.\n$/);
    const review = await readFile(attempt.review?.transcript ?? '', 'utf8');
    assert.match(review, /export const greet = \(name\) =>/);
    assert.match(review, /Reviewed\.\n$/);
    assert.doesNotMatch(review, /▶ Write: greet\.mjs\n(?! {2}✗)/, 'a reviewer has no such tool');
    const [request] = model.requests;
    assert.ok(JSON.stringify(request?.messages).includes('- AC-2: It greets'), 'the prompt came over stdin');
    const warnings = run.events.flatMap(({ type, data }) => (type === 'log.message' ? [String(data['message'])] : []));
    assert.deepEqual(
      warnings.map((text) => /not allowed to use (\w+)/.exec(text)?.[1]),
      ['Bash'],
      'and nothing about MCP',
    );
  });

  it('is told not to be signed in when the API answers 401, which ends the run until a person has seen to it', async () => {
    await using workspace = await workspaceOf({ id: 'US-1' });
    await using model = await ModelServer.start([
      { do: 'refuse', status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
    ]);
    const run = start(workspace, model);
    assert.equal((await run.ended()).exitCode, 6);
    assert.match(String(run.events.at(-1)?.data['reason']), /sign in with \/login/);
    const { reason, message } = ended(run);
    assert.equal(reason, 'agent-not-signed-in');
    assert.match(message, /sign in with \/login, or set ANTHROPIC_API_KEY/);
    const { transcript } = await firstAttempt(workspace);
    assert.match(transcript, /sign in with \/login/);
  });

  it('is told to be at its limit when the API answers 429, and the run waits', async () => {
    await using workspace = await workspaceOf({ id: 'US-1' });
    await using model = await ModelServer.start([
      { do: 'refuse', status: 429, type: 'rate_limit_error', message: 'This would exceed your rate limit.' },
    ]);
    const run = start(workspace, model);
    const { data } = await run.event('limit.reached');
    assert.deepEqual([data['reason'], data['resets_at'], data['agent']], ['agent-rate-limited', null, 'claude']);
    assert.ok(Date.parse(String(data['until'])) > Date.now());
    run.kill('SIGTERM');
    assert.equal((await run.ended()).exitCode, 5);
    assert.equal(ended(run).reason, 'agent-rate-limited');
  });

  it('is stopped when it hangs for longer than an attempt may take', async () => {
    await using workspace = await workspaceOf({ id: 'US-1' }, { attemptTimeout: 6 });
    await using model = await ModelServer.start([{ do: 'hang' }]);
    const run = start(workspace, model);
    assert.equal((await run.ended()).exitCode, 3);
    assert.equal(model.requests.length, 1);
    assert.equal(ended(run).reason, 'agent-timeout');
  });

  it('is known to have been ended from outside by a SIGTERM, and ends with its run by one', async () => {
    await using workspace = await workspaceOf({ id: 'US-1' }, { attempts: 2 });
    await using model = await ModelServer.start([{ do: 'hang' }]);
    const run = start(workspace, model);
    const asked = (times: number) => until(`request ${times}`, () => model.requests.length >= times);
    await asked(1);
    const claude = processesOfTest().find(({ command }) => command.startsWith(program));
    assert.ok(claude);
    process.kill(claude.pid, 'SIGTERM');
    await run.event('context.completed');
    assert.deepEqual(ended(run), {
      reason: 'agent-failed',
      message: 'Claude Code was ended by SIGTERM, from outside of Storyloop.',
    });
    await asked(2);
    run.kill('SIGTERM');
    assert.equal((await run.ended()).exitCode, 5);
  });

  it('is not started when it is not signed in at all', async () => {
    await using workspace = await workspaceOf({ id: 'US-1' });
    const run = new CommandLine(workspace, ['run', 'prd.json', '--agent', 'claude', '--yes'], {
      HOME: path.join(workspace.folder, 'claude'),
      ANTHROPIC_API_KEY: '',
    });
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 6);
    assert.match(stderr, /Claude Code is not signed in\. Run "claude"/);
  });
});
