import * as z from 'zod';
import { limitReason } from '../events/failure.js';

/** One thing the scripted agent does. Paths are relative to the worktree. A step that fails ends the agent with exit code 1. */
export const scriptStep = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('say'), text: z.string() }),
  /** A list is lines; each of them, the last too, gets its newline. */
  z.strictObject({ do: z.literal('write'), path: z.string(), content: z.union([z.string(), z.array(z.string())]) }),
  /** The first place where `find` occurs. */
  z.strictObject({ do: z.literal('replace'), path: z.string(), find: z.string(), with: z.string() }),
  z.strictObject({ do: z.literal('delete'), path: z.string() }),
  z.strictObject({
    do: z.literal('claim'),
    criterion: z.number().int().positive(),
    test: z.strictObject({ file: z.string(), name: z.string().optional() }).optional(),
    note: z.string().optional(),
  }),
  /** Asks a person, over the attempt's endpoint. */
  z.strictObject({ do: z.literal('ask'), question: z.string(), options: z.array(z.string()).optional() }),
  /** What a reviewer found. */
  z.strictObject({
    do: z.literal('find'),
    criterion: z.number().int().positive(),
    holds: z.boolean(),
    evidence: z.string().min(1),
  }),
  z.strictObject({
    do: z.literal('usage'),
    inputTokens: z.number().int().nonnegative(),
    outputTokens: z.number().int().nonnegative(),
    costUsd: z.number().nonnegative().optional(),
  }),
  z.strictObject({ do: z.literal('wait'), ms: z.number().int().nonnegative() }),
  /** Waits until a file exists (absolute, or relative to the script): how tests hold an attempt where they want it. */
  z.strictObject({ do: z.literal('wait-for'), file: z.string() }),
  /** Runs a shell command in the worktree. */
  z.strictObject({ do: z.literal('shell'), command: z.string() }),
  /** A limit of its service, after which it ends; `forMs`: for how long, where it says so. */
  z.strictObject({
    do: z.literal('limit'),
    reason: limitReason,
    forMs: z.number().int().optional(),
  }),
  z.strictObject({ do: z.literal('exit'), code: z.number().int().min(0).max(255) }),
  /** Never ends, and ignores SIGTERM when told to. */
  z.strictObject({ do: z.literal('hang'), ignoreSigterm: z.boolean().optional() }),
]);
export type ScriptStep = z.infer<typeof scriptStep>;

/** Story id → one list of steps for each attempt; the last list serves all further attempts. */
const attempts = z.record(z.string(), z.array(z.array(scriptStep)).min(1));

/** `reviews`: what it does as the reviewer of an attempt. */
export const scriptSchema = z.strictObject({ stories: attempts, reviews: attempts.optional() });
export type Script = z.infer<typeof scriptSchema>;
