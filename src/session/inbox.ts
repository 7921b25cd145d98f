import { z } from 'zod';
import { intentName } from '../events/catalogue.js';
import type { RunPaths } from './paths.js';

/** A person's wish for a run, as a small file renamed into its inbox. */
export const intentSchema = z.object({
  id: z.string().regex(/^[a-z0-9_]{1,64}$/),
  intent: intentName,
  /** Who asked, for people: "VS Code", "command line", "hub client c_8". */
  by: z.string().min(1).max(128),
  at: z.iso.datetime(),
  story_id: z.string().max(128).optional(),
  ac_index: z.number().int().positive().optional(),
});
export type Intent = z.infer<typeof intentSchema>;

/** The one way to ask anything of a run: VS Code, the CLI and the hub's routes all come here. Answers the intent's id. */
export async function dropIntent(run: RunPaths, intent: Omit<Intent, 'id' | 'at'>, now: number): Promise<string> {
  await Promise.resolve();
  throw new Error(`stub ${run.dir} ${intent.intent} ${now}`);
}

/** The coordinator's end: hands over each intent once, oldest first. A malformed file is moved aside and logged. */
export class Inbox implements AsyncDisposable {
  constructor(
    readonly dir: string,
    /** The file is removed after this resolves: an intent is journalled before it is forgotten. */
    readonly onIntent: (intent: Intent) => Promise<void>,
  ) {}

  /** Creates the folder and starts watching (with a slow poll as the net). */
  async open(): Promise<void> {
    await Promise.resolve();
    throw new Error('stub');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.resolve();
  }
}
