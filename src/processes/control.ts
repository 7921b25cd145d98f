/** What the guardian is asked to run. */
export interface Order {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Marks this command's processes, and no others. */
  readonly guard: string;
  /** What its processes may have in memory together; absent: as much as they like. */
  readonly maxMemoryBytes?: number;
  /** Whether it is looked at all the same. */
  readonly measuresMemory?: true;
}

/** What the guardian says when no process of the command is left. */
export interface Report {
  readonly end: ReportedEnd;
  /** The most that was seen of what its processes had in memory together. */
  readonly peakMemoryBytes?: number;
}

export type ReportedEnd =
  | { readonly kind: 'exited'; readonly exitCode: number; readonly survivors: number }
  | { readonly kind: 'signalled'; readonly signal: string; readonly survivors: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'over-memory'; readonly bytes: number }
  | { readonly kind: 'not-found'; readonly message: string };

/** The report of a guardian that lived to make one. */
export function parseReport(text: string): Report | undefined {
  return text.endsWith('\n') ? (JSON.parse(text) as Report) : undefined;
}
