import assert from 'node:assert/strict';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import packageJson from '../../../package.json';
import type { AgentEnd, AgentProgress, AgentRole } from '../../../src/agents/agent.js';
import { CLAUDE_DEFAULTS, claudeAgent } from '../../../src/agents/claude.js';
import { claudePermissionModes, type ClaudeConfig } from '../../../src/config/config.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { init, result } from './claudeFixtures.js';

const folder = useTemporaryFolder();

/** A program in Claude Code's place: a shell script, which finds what it prints in files beside it. */
async function program(script: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder(), name), content);
  const file = path.join(folder(), 'claude');
  await writeFile(file, `#!/bin/sh\ncd "${folder()}"\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

async function run(
  config: ClaudeConfig,
  options: { lingerMs?: number; signal?: AbortSignal; timeoutMs?: number; model?: string; role?: AgentRole } = {},
): Promise<{ end: AgentEnd; progress: AgentProgress[] }> {
  const progress: AgentProgress[] = [];
  const end = await claudeAgent(config, options.lingerMs).run({
    role: options.role ?? 'implementer',
    storyId: 'US-1',
    attempt: 1,
    prompt: 'Do it é',
    promptFile: path.join(folder(), 'prompt.md'),
    model: options.model,
    worktree: folder(),
    worker: 1,
    marker: 'run_test',
    timeoutMs: options.timeoutMs ?? 20_000,
    maxMemoryBytes: 0,
    signal: options.signal ?? new AbortController().signal,
    claims: { url: 'http://127.0.0.1:9/mcp', token: 'the-credential' },
    onProgress: (said) => progress.push(said),
    onPeakMemory: () => {},
    onSignOfLife: () => {},
  });
  return { end, progress };
}

const checked = async (config: ClaudeConfig): Promise<string> => {
  const usable = await claudeAgent(config).check();
  return usable.ok ? '' : usable.error;
};

describe('the Claude Code adapter', () => {
  it('passes the prompt on stdin, what a person chose, and the credential in the environment only', async () => {
    const claude = await program('printf "%s\\n" "$@" > args; cat > prompt; env > env; cat lines', {
      lines: init() + result(),
    });
    const { end } = await run({
      path: claude,
      permissionMode: 'dontAsk',
      allowedTools: ['Edit'],
      model: 'm',
      args: ['-x'],
    });
    assert.deepEqual(end, { kind: 'finished' });
    const read = (name: string): Promise<string> => readFile(path.join(folder(), name), 'utf8');
    assert.equal(await read('prompt'), 'Do it é');
    const args = (await read('args')).trimEnd().split('\n');
    const after = (option: string): string | undefined => args[args.indexOf(option) + 1];
    assert.equal(after('--permission-mode'), 'dontAsk');
    assert.equal(after('--permission-prompts'), 'none');
    assert.equal(after('--model'), 'm');
    assert.equal(args.at(-1), '-x');
    const tools = args.slice(args.indexOf('--allowedTools') + 1);
    assert.deepEqual(tools.slice(0, 4), [
      'mcp__storyloop__report_criterion',
      'mcp__storyloop__ask_question',
      'Edit',
      '--strict-mcp-config',
    ]);
    assert.match(after('--mcp-config') ?? '', /"url":"http:\/\/127\.0\.0\.1:9\/mcp"/);
    assert.doesNotMatch(args.join(' '), /the-credential/);
    assert.match(await read('env'), /^STORYLOOP_REPORT_TOKEN=the-credential$/m);
    assert.match(await read('env'), /^DISABLE_AUTOUPDATER=1$/m);
  });

  it('uses the model that its task asks for instead of its own', async () => {
    const claude = await program('printf "%s\\n" "$@" > args; cat lines', { lines: init() + result() });
    await run({ path: claude, model: 'opus' }, { model: 'haiku' });
    const args = (await readFile(path.join(folder(), 'args'), 'utf8')).split('\n');
    assert.deepEqual(
      args.filter((_, index) => args[index - 1] === '--model'),
      ['haiku'],
    );
  });

  it('lets a reviewer read, run what is allowed and say what it found, whatever a person chose for the work itself', async () => {
    const claude = await program('printf "%s\\n" "$@" > args; cat lines', { lines: init() + result() });
    await run(
      { path: claude, permissionMode: 'bypassPermissions', allowedTools: ['Bash(npm test:*)'] },
      { role: 'reviewer' },
    );
    const args = (await readFile(path.join(folder(), 'args'), 'utf8')).trimEnd().split('\n');
    const after = (option: string, count: number): string[] => args.slice(args.indexOf(option) + 1).slice(0, count);
    assert.deepEqual(after('--permission-mode', 1), ['dontAsk']);
    assert.ok(!args.includes('bypassPermissions'));
    assert.deepEqual(after('--disallowedTools', 3), ['Edit', 'Write', 'NotebookEdit']);
    const tools = after('--allowedTools', 5);
    assert.deepEqual([tools[0], tools.at(-1)], ['mcp__storyloop__review_criterion', 'Bash(npm test:*)']);
  });

  it('does not wait for a program that lingers after its last word, unless another turn begins', async () => {
    const claude = await program('cat lines; exec sleep 60', { lines: init() + result() });
    assert.deepEqual((await run({ path: claude }, { lingerMs: 50 })).end, { kind: 'finished' });
    const goesOn = await program('cat lines; exec sleep 60', { lines: init() + result() + init() });
    assert.deepEqual((await run({ path: goesOn }, { lingerMs: 50, timeoutMs: 1_000 })).end, { kind: 'timed-out' });
  });

  it('is stopped when its run is, whatever it has said', async () => {
    const claude = await program('cat lines; exec sleep 60', { lines: init() + result() });
    assert.deepEqual((await run({ path: claude }, { signal: AbortSignal.timeout(500) })).end, { kind: 'stopped' });
  });

  it('tells what the program said on stderr when it ended without a terminal line', async () => {
    const { end, progress } = await run({ path: await program('echo "no such luck" >&2; exit 4') });
    assert.deepEqual(progress, [{ kind: 'output', text: 'no such luck\n' }]);
    assert.ok(end.kind === 'failed' && end.message.endsWith('exit code 4: no such luck'));
  });

  it('is checked before a run: what is missing is named, with what to do', async () => {
    const status = (loggedIn: boolean): string =>
      `[ "$1" = auth ] && echo '{"loggedIn":${loggedIn}}' && exit 1; echo "9.9.9 (Claude Code)"`;
    assert.equal(await checked({ path: await program(status(true)) }), '');
    assert.equal(await checked({ path: await program('echo "2.0.0 (Claude Code)"') }), '', 'it has no auth status');
    assert.match(await checked({ path: await program(status(false)) }), /not signed in\. Run "claude"/);
    assert.match(await checked({ path: await program('echo hello') }), /hello\. Name its path/);
    assert.match(await checked({ path: 'no-such-claude' }), /npm install -g @anthropic-ai\/claude-code.*sign in/);
  });

  it('refuses the mode that Claude Code refuses as root', async function () {
    if (process.getuid?.() !== 0 || process.env['IS_SANDBOX'] === '1') this.skip();
    const claude = await program('echo "9.9.9 (Claude Code)"');
    assert.match(await checked({ path: claude, permissionMode: 'bypassPermissions' }), /as root\. Choose another/);
  });

  it('has the defaults and modes that the settings show', () => {
    const properties = packageJson.contributes.configuration[0]?.properties as Record<
      string,
      { default: unknown; enum?: unknown }
    >;
    for (const [name, value] of Object.entries(CLAUDE_DEFAULTS)) {
      assert.deepEqual(properties[`storyloop.agents.claude.${name}`]?.default, value);
    }
    assert.deepEqual(properties['storyloop.agents.claude.permissionMode']?.enum, claudePermissionModes);
  });
});
