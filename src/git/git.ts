import type { Result } from '../primitives/result.js';

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
}

/**
 * Runs git with an argument vector: no shell, no prompts, no optional locks, no hooks, no fsmonitor, no `ext::`
 * transport, so that nothing a repository's configuration or an agent put there runs. Answers stdout untrimmed.
 */
export async function git(
  cwd: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<Result<string, GitFailure>> {
  await Promise.resolve();
  throw new Error(`stub ${cwd} ${args.join(' ')} ${String(options.indexFile)}`);
}
