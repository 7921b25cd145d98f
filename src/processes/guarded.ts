/** How a guarded command ended. `survivors`: processes it had left behind, which the guardian has killed. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly survivors: number }
  | { readonly kind: 'signalled'; readonly signal: string; readonly survivors: number }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-found'; readonly message: string };

export interface GuardedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to its stdin, which is then closed. */
  readonly stdin?: string;
  readonly timeoutMs: number;
  /** Marks every process of the tree in its environment, so that it can be found again: the run's id. */
  readonly marker: string;
  /** Stops the tree: SIGTERM, SIGKILL after 5 s, verified. */
  readonly signal: AbortSignal;
  /** Chunks of stdout and stderr as they come. */
  readonly onOutput: (chunk: Buffer, stream: 'stdout' | 'stderr') => void;
}

/**
 * Runs a command under a guardian: a small process that kills the whole tree when its pipe to us closes, so that even
 * a kill -9 of the coordinator leaves nothing running. Resolves when no process of the tree is alive.
 */
export async function runGuarded(command: GuardedCommand): Promise<CommandEnd> {
  await Promise.resolve();
  throw new Error(`stub ${command.argv[0]}`);
}

/** Kills every process that carries `marker`, whoever started it, and waits until none is alive. Answers how many there were. */
export async function reap(marker: string): Promise<number> {
  await Promise.resolve();
  throw new Error(`stub ${marker}`);
}
