import { execa } from 'execa';
import * as z from 'zod';
import type { ClaudeConfig } from '../config/config.js';
import { commandText } from '../config/commandText.js';
import { err, ok, type Result } from '../primitives/result.js';
import { cleanEnvironment } from '../processes/environment.js';
import { findExecutable } from '../processes/executable.js';
import type { Agent, AgentEnd, AgentRole, AgentTask, ClaimAccess } from './agent.js';
import { AgentLineReader } from './agentLines.js';
import { runAgentProgram } from './agentProcess.js';
import { ASK_TOOL } from './askTool.js';
import { tokenReference } from './claimAccess.js';
import { judgeClaude, SIGN_IN } from './claudeEnd.js';
import { ClaudeStream, MCP_SERVER } from './claudeStream.js';
import { REPORT_TOOL } from './reportTool.js';
import { REVIEW_TOOL } from './reviewTool.js';

const toolName = (tool: string): string => `mcp__${MCP_SERVER}__${tool}`;

/** What each role has to say something with. */
const TOOLS = {
  implementer: [toolName(REPORT_TOOL), toolName(ASK_TOOL)],
  reviewer: [toolName(REVIEW_TOOL)],
} as const satisfies Record<AgentRole, readonly string[]>;

/** A reviewer changes nothing, and is told nothing by the result it looks at (its CLAUDE.md, its settings): what is not allowed by name is denied, and its own tools for editing are taken away. */
const REVIEWER_TOOLS = ['Bash(git diff:*)', 'Bash(git log:*)', 'Bash(git show:*)'];
const REVIEWER = [
  '--setting-sources',
  'user',
  '--permission-mode',
  'dontAsk',
  '--disallowedTools',
  'Edit',
  'Write',
  'NotebookEdit',
];

/** Edits without asking, and the commands that a story needs to see its tests; everything else is denied, not asked for. */
export const CLAUDE_DEFAULTS = {
  path: 'claude',
  permissionMode: 'acceptEdits',
  allowedTools: ['Bash(npm test:*)', 'Bash(npm run:*)', 'Bash(node --test:*)'],
} as const;

const CHECK_LIMIT_MS = 20_000;
/** A Claude Code that lingers after its last word is not waited for. */
const LINGER_MS = 15_000;
const STDERR_CHARACTERS = 2_000;

/** Nobody watches: no update and no extension of an editor is installed by the way. */
const ENVIRONMENT = { DISABLE_AUTOUPDATER: '1', CLAUDE_CODE_IDE_SKIP_AUTO_INSTALL: '1' };

/** Claude Code, unattended: `claude -p` with the prompt on stdin and its stream on stdout. */
export function claudeAgent(config: ClaudeConfig, lingerMs = LINGER_MS): Agent {
  const {
    path = CLAUDE_DEFAULTS.path,
    permissionMode = CLAUDE_DEFAULTS.permissionMode,
    allowedTools = CLAUDE_DEFAULTS.allowedTools,
  } = config;
  const chosen = (model = config.model, role: AgentRole = 'implementer'): string[] => [
    ...(role === 'reviewer' ? REVIEWER : ['--permission-mode', permissionMode]),
    ...(model === undefined ? [] : ['--model', model]),
    ...(config.args ?? []),
  ];
  // Takes all words up to the next option.
  const tools = (names: readonly string[]): string[] => (names.length > 0 ? ['--allowedTools', ...names] : []);
  return {
    name: 'claude',
    commandText: commandText([path, '-p', ...chosen(), ...tools(allowedTools)]),
    takesModel: true,
    claiming: `Call the tool ${toolName(REPORT_TOOL)}, once for each criterion, right after you saw that it holds, with the test that shows it: {"criterion":"AC-1","test":{"file":"test/example.test.js","name":"name of the test"}}.`,
    asking: `If you need a decision that is not yours to take, call the tool ${toolName(ASK_TOOL)} with your question, and options where there are some; then end: you are started again with the answer.`,
    reviewing: `Call the tool ${toolName(REVIEW_TOOL)}, once for each criterion, after you looked for yourself: {"criterion":"AC-1","holds":true,"evidence":"what you read or ran, and what you saw","key":"…"}.`,
    check: () => checkClaude(path, permissionMode),
    run: (task) =>
      runClaude(
        task,
        [
          ...[path, '-p', '--output-format', 'stream-json', '--verbose', '--permission-prompts', 'none'],
          ...tools([
            ...(task.claims ? TOOLS[task.role] : []),
            ...(task.role === 'reviewer' ? REVIEWER_TOOLS : []),
            ...allowedTools,
          ]),
          ...['--strict-mcp-config', ...(task.claims ? ['--mcp-config', mcpConfig(task.claims)] : [])],
          // Hooks of the repository are commands that nobody was shown.
          ...['--settings', '{"disableAllHooks":true}'],
          ...chosen(task.model, task.role),
        ],
        lingerMs,
      ),
  };
}

async function runClaude(task: AgentTask, argv: readonly string[], lingerMs: number): Promise<AgentEnd> {
  const lingering = new AbortController();
  let limit: NodeJS.Timeout | undefined;
  let errors = '';
  const stdout = new ClaudeStream({
    onProgress: task.onProgress,
    onTurn: (isOver) => {
      clearTimeout(limit);
      if (!isOver) return;
      limit = setTimeout(() => {
        lingering.abort();
      }, lingerMs);
    },
  });
  const stderr = new AgentLineReader((said) => {
    if (said.kind === 'output') errors = (errors + said.text).slice(-STDERR_CHARACTERS);
    task.onProgress(said);
  });
  const signal = AbortSignal.any([task.signal, lingering.signal]);
  const [program = CLAUDE_DEFAULTS.path, ...args] = argv;
  const end = await runAgentProgram({ ...task, signal }, [program, ...args], { stdout, stderr }, ENVIRONMENT);
  clearTimeout(limit);
  if (task.signal.aborted) return { kind: 'stopped' };
  return judgeClaude({
    end,
    result: stdout.result,
    apiError: stdout.apiError,
    resetsAt: stdout.resetsAt,
    stderr: errors,
  });
}

/** The credential is in the environment only: what is on a command line, every user of the machine can read. */
function mcpConfig(claims: ClaimAccess): string {
  const server = { type: 'http', url: claims.url, headers: { Authorization: `Bearer ${tokenReference}` } };
  return JSON.stringify({ mcpServers: { [MCP_SERVER]: server } });
}

async function checkClaude(program: string, permissionMode: string): Promise<Result<void, string>> {
  const env = cleanEnvironment(process.env);
  if (findExecutable(program, env) === undefined) {
    return err(
      `Claude Code ("${program}") was not found. Install it with "npm install -g @anthropic-ai/claude-code", then run "claude" once and sign in; or name its path in storyloop.agents.claude.path, or another agent in storyloop.agent (on the command line: --agent).`,
    );
  }
  // It makes an exception for those who say that they are in a sandbox.
  if (permissionMode === 'bypassPermissions' && process.getuid?.() === 0 && env['IS_SANDBOX'] !== '1') {
    return err(
      'Claude Code refuses the permission mode bypassPermissions as root. Choose another one in storyloop.agents.claude.permissionMode, for example acceptEdits, or run as another user.',
    );
  }
  const ask = (...args: string[]) =>
    execa(program, args, { env, extendEnv: false, reject: false, timeout: CHECK_LIMIT_MS, stdin: 'ignore' });
  const version = await ask('--version');
  if (!/^\d+\.\d+\.\d+ \(Claude Code\)/.test(version.stdout)) {
    const said = (version.stdout || version.stderr || (version.shortMessage ?? '')).slice(0, 300);
    return err(
      `"${program} --version" does not answer as Claude Code does: ${said}. Name its path in storyloop.agents.claude.path, or install it again.`,
    );
  }
  return isSignedOut((await ask('auth', 'status')).stdout)
    ? err(`Claude Code is not signed in. ${SIGN_IN}`)
    : ok(undefined);
}

const authStatus = z.object({ loggedIn: z.boolean() });

/** False too when it does not say: an older version has no such command, and the run will tell. */
function isSignedOut(status: string): boolean {
  try {
    return !authStatus.parse(JSON.parse(status)).loggedIn;
  } catch {
    return false;
  }
}
