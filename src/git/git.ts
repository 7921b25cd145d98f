import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';

/** git said no, or is not there. */
export interface GitFailure {
  readonly kind: 'not-installed' | 'failed';
  readonly args: readonly string[];
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

export interface GitOptions {
  readonly input?: string | Buffer;
  /** Another index than the user's. */
  readonly indexFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Exit codes besides 0 that are an answer and no refusal. */
  readonly answers?: readonly number[];
}

/** What a repository's configuration must not decide for us: programs it would run, and which files count. */
const FIXED_CONFIGURATION = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.sparseCheckout=false',
  'core.splitIndex=false',
  'protocol.ext.allow=never',
  'commit.gpgsign=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
].flatMap((setting) => ['-c', setting]);

/**
 * The caller's GIT_* variables that stay: who the user is and where their configuration lies. All others go, because
 * git sets them for hooks and `rebase --exec`, where they would redirect us to another repository or index.
 */
const KEPT_VARIABLE =
  /^GIT_(?:(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL)|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|CEILING_DIRECTORIES|EXEC_PATH|SSL_\w+)$/;

/** Another git holds a lock, or is in the middle of making or removing a worktree, of which every git reads the record. */
const BUSY = /(?:\.lock'|config file .+): File exists|failed to read .+commondir|Invalid path '.+worktrees/;
const BUSY_WAITS_MS = [50, 100, 200, 400, 800];

/**
 * Runs git with an argument vector: no shell, no prompts, no optional locks, no hooks, no fsmonitor, no `ext::`
 * transport, so that nothing a repository's configuration or an agent put there runs. Waits up to 1.5 s for another git
 * that is in the way. Answers stdout untrimmed.
 */
export async function git(
  cwd: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Result<string, GitFailure>> {
  for (const wait of BUSY_WAITS_MS) {
    const result = await runGit(cwd, args, options);
    if (result.ok || !BUSY.test(result.error.stderr) || options.signal?.aborted) return result;
    await delay(wait);
  }
  return runGit(cwd, args, options);
}

async function runGit(
  cwd: string,
  args: readonly string[],
  { input = '', indexFile, env = {}, signal, answers = [] }: GitOptions,
): Promise<Result<string, GitFailure>> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GIT_') || KEPT_VARIABLE.test(name),
  );
  const running = execa('git', [...FIXED_CONFIGURATION, ...args], {
    cwd,
    input,
    extendEnv: false,
    env: {
      ...Object.fromEntries(inherited),
      GIT_TERMINAL_PROMPT: '0',
      GIT_OPTIONAL_LOCKS: '0',
      LC_ALL: 'C',
      ...(indexFile !== undefined && { GIT_INDEX_FILE: indexFile }),
      ...env,
    },
    // A Ctrl-C in the terminal is for the coordinator, not for the git that saves an attempt.
    detached: process.platform !== 'win32',
    stripFinalNewline: false,
    reject: false,
    ...(signal && { cancelSignal: signal }),
  });
  failpoint('git.command-running');
  const result = await running;
  if (!result.failed || answers.includes(result.exitCode ?? NaN)) return ok(result.stdout);
  const { code, exitCode, message = 'git could not be started', stderr } = result;
  return err({
    // A missing folder to work in ends with the same code.
    kind: code === 'ENOENT' && !message.includes('"cwd" option') ? 'not-installed' : 'failed',
    args,
    exitCode,
    stderr: stderr ? stderr : message,
  });
}

/** A failure of git's surroundings, told as git would. */
export function gitFailure(args: readonly string[], message: string): GitFailure {
  return { kind: 'failed', args, exitCode: undefined, stderr: message };
}

/** The failure in words. */
export function gitText({ args, stderr }: GitFailure): string {
  return `git ${args[0] ?? ''} failed: ${stderr.trim()}`;
}
