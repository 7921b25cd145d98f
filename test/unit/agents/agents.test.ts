import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { AgentEnd, AgentProgress, AgentTask } from '../../../src/agents/agent.js';
import { commandAgent } from '../../../src/agents/command.js';
import type { Script, ScriptStep } from '../../../src/agents/script.js';
import { scriptedAgent } from '../../../src/agents/scripted.js';
import { mochaHooks } from '../../rig/leakCheck.js';
import { fileAppears } from '../../rig/waiting.js';

let folder: string;
let worktree: string;
beforeEach(async () => {
  await mochaHooks.beforeEach();
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'agents ü ')));
  worktree = path.join(folder, 'worktree');
  await mkdir(worktree);
});
afterEach(async () => {
  await mochaHooks.afterEach();
  await rm(folder, { recursive: true, force: true });
});

interface Played {
  readonly end: AgentEnd;
  readonly progress: readonly AgentProgress[];
  readonly output: string;
}

async function run(
  agent: { run(task: AgentTask): Promise<AgentEnd> },
  options: Partial<AgentTask> = {},
): Promise<Played> {
  const progress: AgentProgress[] = [];
  const end = await agent.run({
    role: 'implementer',
    storyId: 'US-1',
    attempt: 1,
    prompt: 'Do it é',
    promptFile: path.join(folder, 'prompt.md'),
    model: undefined,
    worktree,
    worker: 2,
    marker: 'run_test',
    timeoutMs: 20_000,
    maxMemoryBytes: 0,
    signal: new AbortController().signal,
    claims: undefined,
    onProgress: (said) => progress.push(said),
    onPeakMemory: () => {},
    onSignOfLife: () => {},
    ...options,
  });
  const output = progress.map((said) => (said.kind === 'output' ? said.text : '')).join('');
  return { end, progress, output };
}

describe('the scripted agent', () => {
  const script = (): string => path.join(folder, 'script.json');

  async function play(attempts: readonly (readonly ScriptStep[])[], options: Partial<AgentTask> = {}): Promise<Played> {
    const content: Script = { stories: { 'US-1': attempts.map((steps) => [...steps]) } };
    await writeFile(script(), JSON.stringify(content));
    return run(scriptedAgent(script()), options);
  }
  const read = (file: string): Promise<string> => readFile(path.join(worktree, file), 'utf8');

  it('edits its worktree, says, claims and reports usage, in that order', async () => {
    await writeFile(path.join(worktree, 'old.txt'), 'one $1 two two');
    await writeFile(path.join(worktree, 'gone.txt'), '');
    const { end, progress } = await play([
      [
        { do: 'say', text: 'Hello ü' },
        { do: 'write', path: 'src/a b.txt', content: ['one', 'two'] },
        { do: 'write', path: 'raw.txt', content: 'no newline' },
        { do: 'replace', path: 'old.txt', find: 'two', with: "$& $' three" },
        { do: 'delete', path: 'gone.txt' },
        { do: 'claim', criterion: 2, test: { file: 'test/x.test.js', name: 'works' }, note: 'see' },
        { do: 'usage', inputTokens: 5, outputTokens: 6, costUsd: 0.25 },
      ],
    ]);
    assert.deepEqual(end, { kind: 'finished' });
    assert.deepEqual(progress, [
      { kind: 'output', text: 'Hello ü\n' },
      { kind: 'claim', acIndex: 2, test: { file: 'test/x.test.js', name: 'works' }, note: 'see' },
      { kind: 'usage', inputTokens: 5, outputTokens: 6, costUsd: 0.25 },
    ]);
    assert.equal(await read('src/a b.txt'), 'one\ntwo\n');
    assert.equal(await read('raw.txt'), 'no newline');
    assert.equal(await read('old.txt'), "one $1 $& $' three two");
    await assert.rejects(access(path.join(worktree, 'gone.txt')));
  });

  it('plays the list of the attempt, and the last one for all further attempts', async () => {
    const attempts: ScriptStep[][] = [[{ do: 'say', text: 'first' }], [{ do: 'say', text: 'last' }]];
    assert.equal((await play(attempts, { attempt: 1 })).output, 'first\n');
    assert.equal((await play(attempts, { attempt: 2 })).output, 'last\n');
    assert.equal((await play(attempts, { attempt: 7 })).output, 'last\n');
  });

  it('fails with the exit code it is told, and loses nothing that it said before', async () => {
    const { end, output } = await play([
      [
        { do: 'say', text: 'x'.repeat(300_000) },
        { do: 'exit', code: 3 },
        { do: 'say', text: 'never' },
      ],
    ]);
    assert.deepEqual(end, { kind: 'failed', reason: 'agent-failed', message: 'The agent ended with exit code 3' });
    assert.equal(output.length, 300_001);
  });

  it('fails, and says why, when a step cannot be done or the story is not in the script', async () => {
    const failures: [ScriptStep, RegExp][] = [
      [{ do: 'replace', path: 'absent', find: 'a', with: 'b' }, /ENOENT/],
      [{ do: 'delete', path: 'absent' }, /ENOENT/],
      [{ do: 'shell', command: 'exit 9' }, /exit 9: exit code 9/],
    ];
    for (const [step, message] of failures) {
      const { end, output } = await play([[step]]);
      assert.equal(end.kind, 'failed');
      assert.match(output, message);
    }
    assert.match((await play([[]], { storyId: 'US-9' })).output, /no story US-9/);
  });

  it('runs shell commands in the worktree, which do not become Node by mistake', async () => {
    const { output } = await play([[{ do: 'shell', command: 'pwd; echo "${ELECTRON_RUN_AS_NODE-unset}"' }]]);
    assert.equal(output, `${worktree}\nunset\n`);
  });

  it('waits for a file beside the script', async () => {
    const playing = play([
      [
        { do: 'write', path: 'waiting', content: '' },
        { do: 'wait-for', file: 'go' },
        { do: 'wait', ms: 1 },
        { do: 'say', text: 'went' },
      ],
    ]);
    await fileAppears(path.join(worktree, 'waiting'));
    await writeFile(path.join(folder, 'go'), '');
    assert.equal((await playing).output, 'went\n');
  });

  it('hangs until it is stopped or its time is over, and is killed when it ignores SIGTERM', async () => {
    const abort = new AbortController();
    const stopped = await play([[{ do: 'say', text: 'hanging' }, { do: 'hang' }]], {
      signal: abort.signal,
      onProgress: () => {
        abort.abort();
      },
    });
    assert.deepEqual(stopped.end, { kind: 'stopped' });
    const start = performance.now();
    const timedOut = await play([[{ do: 'hang', ignoreSigterm: true }]], { timeoutMs: 1_000 });
    assert.deepEqual(timedOut.end, { kind: 'timed-out' });
    assert.ok(performance.now() - start > 5_900);
  });

  it('gives a sign of life with whatever it prints, also when no line of it is over yet', async () => {
    const abort = new AbortController();
    const { end } = await play([[{ do: 'shell', command: 'printf .' }, { do: 'hang' }]], {
      signal: abort.signal,
      onSignOfLife: () => {
        abort.abort();
      },
    });
    assert.deepEqual(end, { kind: 'stopped' });
  });

  it('is checked before it runs: a script that is missing, broken or wrong is named with the place', async () => {
    const agent = scriptedAgent(script());
    const problem = async (): Promise<string> => {
      const checked = await agent.check();
      return checked.ok ? '' : checked.error;
    };
    assert.match(await problem(), /script\.json cannot be read: ENOENT.*storyloop\.agents\.scripted/);
    await writeFile(script(), '{');
    assert.match(await problem(), /cannot be read/);
    await writeFile(script(), '{"stories":{"US-1":[[{"do":"dance"}]]}}');
    assert.match(await problem(), /not valid[^]*stories\["US-1"\]\[0\]\[0\]/);
    assert.equal((await run(agent)).end.kind, 'failed');
    await writeFile(script(), '{"stories":{"US-1":[[]]}}');
    assert.equal(await problem(), '');
  });
});

describe('the command agent', () => {
  const node = (script: string, ...args: string[]): ReturnType<typeof commandAgent> =>
    commandAgent([process.execPath, '-e', script, '--', ...args]);

  it('replaces its placeholders within arguments, which no shell ever reads', async () => {
    const { end, output } = await run(
      node(
        'console.log(JSON.stringify(process.argv.slice(1)))',
        '--file={prompt_file}',
        '{story_id}:{story_id}',
        '{worktree}',
        '{other}',
        '$HOME; `x`',
      ),
      { storyId: '$(touch pwned) {worktree} $&' },
    );
    assert.deepEqual(end, { kind: 'finished' });
    assert.deepEqual(JSON.parse(output), [
      `--file=${path.join(folder, 'prompt.md')}`,
      '$(touch pwned) {worktree} $&:$(touch pwned) {worktree} $&',
      worktree,
      '{other}',
      '$HOME; `x`',
    ]);
  });

  it('gets the prompt on stdin and works in the worktree', async () => {
    const { output } = await run(commandAgent(['/bin/sh', '-c', 'cat; echo; pwd']));
    assert.equal(output, `Do it é\n${worktree}\n`);
  });

  it('gets a clean environment', async () => {
    process.env.STORYLOOP_TOKEN = 'secret';
    process.env.VSCODE_X = 'x';
    try {
      const { output } = await run(commandAgent(['/bin/sh', '-c', 'env']));
      assert.doesNotMatch(output, /secret|VSCODE_X|ELECTRON_RUN_AS_NODE/);
      assert.match(output, /^NO_COLOR=1$/m);
      assert.match(output, /^STORYLOOP_MARKER=run_test$/m);
    } finally {
      delete process.env.STORYLOOP_TOKEN;
      delete process.env.VSCODE_X;
    }
  });

  it('may claim too, and its stderr is output', async () => {
    const { progress } = await run(
      commandAgent(['/bin/sh', '-c', `echo oops >&2; echo '{"storyloop":"claim","criterion":1,"note":"n"}'`]),
    );
    assert.equal(progress.length, 2);
    assert.ok(progress.some((said) => said.kind === 'output' && said.text === 'oops\n'));
    assert.ok(progress.some((said) => said.kind === 'claim' && said.acIndex === 1 && said.note === 'n'));
  });

  it('says how a failing agent ended', async () => {
    assert.deepEqual((await run(commandAgent(['/bin/sh', '-c', 'kill -KILL $$']))).end, {
      kind: 'failed',
      reason: 'agent-failed',
      message: 'The agent was ended by SIGKILL',
    });
    const missing = (await run(commandAgent(['no-such-agent']))).end;
    assert.ok(missing.kind === 'failed' && missing.reason === 'agent-not-installed');
    assert.ok(missing.message.includes('no-such-agent: command not found'));
  });

  it('is checked before it runs: a program that is not on the PATH is named with what to set', async () => {
    const missing = await commandAgent(['no-such-agent']).check();
    assert.ok(!missing.ok);
    assert.match(missing.error, /"no-such-agent" was not found on the PATH.*storyloop\.agents\.command.*--agent/);
    assert.ok((await commandAgent(['git', 'x']).check()).ok);
  });

  it('shows what will be executed', () => {
    assert.equal(
      commandAgent(['claude', '-p', 'read {prompt_file} first', '{worktree}']).commandText,
      'claude -p "read {prompt_file} first" {worktree}',
    );
  });
});
