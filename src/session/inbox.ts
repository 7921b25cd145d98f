import { lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { intentName } from '../events/catalogue.js';
import { newEventId } from '../events/ids.js';
import { answerText, questionId } from '../events/question.js';
import { errorCode } from '../primitives/errorCode.js';
import { silentLogger, type Logger } from '../primitives/logger.js';
import { watchFolder } from '../records/watchFolder.js';
import { writeAtomically } from './atomicFile.js';
import type { RunPaths } from './paths.js';

const maxBytes = 16 * 1024;

/** A person's wish for a run, as a small file renamed into its inbox. */
export const intentSchema = z.object({
  id: z.string().regex(/^[a-z0-9_]{1,64}$/),
  intent: intentName,
  /** Who asked, for people: "VS Code", "command line", "hub client c_8". */
  by: z.string().min(1).max(128),
  at: z.iso.datetime(),
  /** A pause that does not wait for the attempts that run. */
  now: z.boolean().optional(),
  story_id: z.string().max(128).optional(),
  ac_index: z.number().int().positive().optional(),
  question_id: questionId.optional(),
  answer: answerText.optional(),
});
export type Intent = z.infer<typeof intentSchema>;

/** Time of this process's last intent: two in one millisecond keep their order. */
let lastDrop = 0;

/**
 * The one way to ask anything of a run: VS Code, the CLI and the hub's routes all come here. Answers the intent's id.
 * Throws when there is no such run.
 */
export async function dropIntent(run: RunPaths, intent: Omit<Intent, 'id' | 'at'>, now: number): Promise<string> {
  lastDrop = Math.max(now, lastDrop + 1);
  const id = newEventId(lastDrop).replace(/^e_/, 'i_');
  const content = intentSchema.parse({ ...intent, id, at: new Date(now).toISOString() });
  await mkdir(run.inbox, { mode: 0o700 }).catch((error: unknown) => {
    if (errorCode(error) !== 'EEXIST') throw error;
  });
  await writeAtomically(path.join(run.inbox, `${id}.json`), JSON.stringify(content));
  if (content.intent === 'answer') await forgetEarlierAnswers(run.inbox, content);
  return id;
}

/** Of answers to one question that nobody has read yet the last one counts. */
async function forgetEarlierAnswers(inbox: string, { id, story_id, question_id }: Intent): Promise<void> {
  for (const name of await intentsIn(inbox)) {
    if (name >= `${id}.json`) continue;
    const file = path.join(inbox, name);
    // Who reads it at the same time has it.
    const earlier = await readIntent(file, name).catch(() => undefined);
    const isSame = earlier?.story_id === story_id && earlier?.question_id === question_id;
    if (earlier?.intent === 'answer' && isSame) await rm(file, { force: true }).catch(() => {});
  }
}

/** Names of its files, oldest first. */
async function intentsIn(inbox: string): Promise<string[]> {
  return (await readdir(inbox)).filter((name) => /^[^.].*\.json$/.test(name)).sort();
}

/**
 * The coordinator's end: hands over each intent once, oldest first. A malformed file is moved aside and logged. An
 * intent whose `onIntent` fails stays, and so does one whose coordinator died before the file was gone: it comes again,
 * with the same id.
 */
export class Inbox implements AsyncDisposable {
  #watch: Disposable | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #closed = false;

  constructor(
    readonly dir: string,
    /** The file is removed after this resolves: an intent is journalled before it is forgotten. */
    readonly onIntent: (intent: Intent) => Promise<void>,
    readonly logger: Logger = silentLogger,
  ) {}

  /** Creates the folder and starts watching (with a slow poll as the net). */
  async open(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    this.#watch = watchFolder(this.dir, () => {
      this.#read();
    });
    this.#read();
  }

  /** Resolves once what lay there is handed over. */
  async handedOver(): Promise<void> {
    await this.#reading;
  }

  /** Waits for the intent that is being handed over, so `onIntent` must not wait for this. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#watch?.[Symbol.dispose]();
    await this.#reading;
  }

  #read(): void {
    this.#again = true;
    this.#reading ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        for (const name of await intentsIn(this.dir)) await this.#take(name);
      } catch (error) {
        this.logger.warn(`The inbox could not be read: ${String(error)}`);
      }
    }
    this.#reading = undefined;
  }

  async #take(name: string): Promise<void> {
    if (this.#closed) return;
    const file = path.join(this.dir, name);
    const intent = await readIntent(file, name);
    if (!intent) {
      this.logger.warn(`Not an intent: ${file}`);
      await mkdir(path.join(this.dir, 'rejected'), { recursive: true, mode: 0o700 });
      await rename(file, path.join(this.dir, 'rejected', name));
      return;
    }
    await this.onIntent(intent);
    await rm(file, { force: true });
  }
}

async function readIntent(file: string, name: string): Promise<Intent | undefined> {
  const stats = await lstat(file);
  if (!stats.isFile() || stats.size > maxBytes) return undefined;
  const intent = intentSchema.safeParse(parseJson(await readFile(file, 'utf8'))).data;
  return intent && `${intent.id}.json` === name ? intent : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
