import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../primitives/errorCode.js';
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
  /** Exit codes besides 0 that are an answer and no refusal. */
  readonly answers?: readonly number[];
  /** After so long it is ended with all that it has started. Without a limit where nothing of an agent's is read. */
  readonly timeoutMs?: number;
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

/** What it may print: nothing that is asked of it says as much. */
const MOST_BYTES = 100_000_000;

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
    if (result.ok || !BUSY.test(result.error.stderr)) return result;
    await delay(wait);
  }
  return runGit(cwd, args, options);
}

async function runGit(
  cwd: string,
  args: readonly string[],
  { input = '', indexFile, env = {}, answers = [], timeoutMs }: GitOptions,
): Promise<Result<string, GitFailure>> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('GIT_') || KEPT_VARIABLE.test(name),
  );
  const variables = {
    ...Object.fromEntries(inherited),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
    ...(indexFile !== undefined && { GIT_INDEX_FILE: indexFile }),
    ...env,
  };
  const running = await start(cwd, [...FIXED_CONFIGURATION, ...args], variables);
  failpoint('git.command-running');
  const { exitCode, stdout, stderr, problem } = running.ok
    ? await endOf(running.value, input, timeoutMs)
    : running.error;
  if (exitCode === 0 || answers.includes(exitCode ?? NaN)) return ok(stdout);
  return err({
    // A missing folder to work in ends with the same code.
    kind: errorCode(problem) === 'ENOENT' && existsSync(cwd) ? 'not-installed' : 'failed',
    args,
    exitCode,
    stderr: stderr || (problem === undefined ? 'git was ended from outside' : String(problem)),
  });
}

interface GitEnd {
  /** Undefined: it did not start, or was killed. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why it did not start or was killed, where we know. */
  readonly problem?: Error | undefined;
}

/** A library would cost the coordinator as much time again as each start of git does. */
async function start(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<ChildProcessWithoutNullStreams, GitEnd>> {
  try {
    // A Ctrl-C in the terminal is for the coordinator, not for the git that saves an attempt.
    const running = spawn('git', args, { cwd, env, detached: process.platform !== 'win32', windowsHide: true });
    if (running.pid !== undefined) return ok(running);
    // Not started; out of file descriptors it does not even have streams.
    const [problem] = (await once(running, 'error')) as [Error];
    return notStarted(problem);
  } catch (error) {
    // As with arguments that are too long.
    return notStarted(error as Error);
  }
}

const notStarted = (problem: Error): Result<never, GitEnd> =>
  err({ exitCode: undefined, stdout: '', stderr: '', problem });

function endOf(
  running: ChildProcessWithoutNullStreams,
  input: string | Buffer,
  timeoutMs: number | undefined,
): Promise<GitEnd> {
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  let room = MOST_BYTES;
  let problem: Error | undefined;
  const end = (why: string): void => {
    problem ??= new Error(why);
    kill(running);
    running.stdout.destroy();
    running.stderr.destroy();
  };
  const keep = (chunks: Buffer[], chunk: Buffer): void => {
    room -= chunk.length;
    if (room >= 0) chunks.push(chunk);
    else end(`git printed more than ${MOST_BYTES / 1_000_000} MB`);
  };
  const limit =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          end(`git did not end within ${timeoutMs / 1_000} s`);
        }, timeoutMs);
  running.stdout.on('data', (chunk: Buffer) => {
    keep(stdout, chunk);
  });
  running.stderr.on('data', (chunk: Buffer) => {
    keep(stderr, chunk);
  });
  // It need not read its input; how it ended says what matters.
  running.stdin.on('error', () => {});
  running.stdin.end(input);
  return new Promise((resolve) => {
    running.on('error', (error) => {
      problem ??= error;
    });
    running.on('close', (exitCode) => {
      clearTimeout(limit);
      const texts = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
      resolve({ exitCode: problem === undefined ? (exitCode ?? undefined) : undefined, ...texts, problem });
    });
  });
}

/** With what it has started: its process group. */
function kill(running: ChildProcessWithoutNullStreams): void {
  try {
    if (process.platform !== 'win32' && running.pid !== undefined) process.kill(-running.pid, 'SIGKILL');
    else running.kill('SIGKILL');
  } catch {
    // It has ended.
  }
}

/** A failure of git's surroundings, told as git would. */
export function gitFailure(args: readonly string[], message: string): GitFailure {
  return { kind: 'failed', args, exitCode: undefined, stderr: message };
}

/** The failure in words. */
export function gitText({ args, stderr }: GitFailure): string {
  return `git ${args[0] ?? ''} failed: ${stderr.trim()}`;
}
