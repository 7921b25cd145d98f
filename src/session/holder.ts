import { z } from 'zod';

/** Who owns something, precisely enough to tell a living owner from a reused pid. */
export const holderSchema = z.object({
  pid: z.number().int().positive(),
  /** Start time of the process as the system counts it; with the pid it names one process. Empty where unknown. */
  start_time: z.string(),
  boot_id: z.string(),
  pid_namespace: z.string(),
  host: z.string(),
  /** When it became the owner, ISO 8601. */
  since: z.string(),
  /** What it does, for people: "storyloop run", "storyloop serve", "VS Code". */
  role: z.string(),
  run_id: z.string().optional(),
  instance: z.string(),
});
export type Holder = z.infer<typeof holderSchema>;

export function parseHolder(value: unknown): Holder | undefined {
  return holderSchema.safeParse(value).data;
}

/** Describes the calling process. */
export function currentHolder(role: string, runId?: string): Holder {
  throw new Error(`stub ${role} ${String(runId)}`);
}

/** `foreign`: another pid namespace or host, so that only a heartbeat can tell. */
export type Liveness = 'alive' | 'dead' | 'foreign';

export function liveness(holder: Holder): Liveness {
  throw new Error(`stub ${holder.pid}`);
}
