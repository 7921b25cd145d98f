import { statSync } from 'node:fs';
import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../primitives/errorCode.js';
import { failpoint } from '../primitives/failpoint.js';
import { createOnce } from './durability.js';

/**
 * Terms of one thing that has one owner at a time (a PRD's run, the hub): numbered files that are created exclusively.
 *
 *     <dir>/7.json           who claimed term 7 (content fsynced before it is visible under its name)
 *     <dir>/7.accepted.json  how many bytes of each older term's file count; written once, by the owner of 7, or as
 *                            `null` by a later owner, before whom it had not accepted
 *     <dir>/7.released       its owner ended in good order
 *
 * Terms and accepted files have no gaps: 1 … n and 1 … m with m ≤ n. What a reader once learned from them stays true.
 */
export interface TermRecord<Holder> {
  readonly term: number;
  /** Undefined when it died while claiming, on a file system without hard links. */
  readonly holder: Holder | undefined;
  readonly released: boolean;
}

/** File name → bytes. */
export type Lengths = Readonly<Record<string, number>>;

export class Terms<Holder extends object> {
  /** Accepted files never change. */
  readonly #accepted = new Map<number, Lengths | null>();

  constructor(
    readonly dir: string,
    readonly parseHolder: (value: unknown) => Holder | undefined,
  ) {}

  /** The highest term that was claimed. Throws when what its file says is no holder: only a person can know what wrote that. */
  async highest(): Promise<TermRecord<Holder> | undefined> {
    const term = await this.#highestNumber();
    if (term === 0) return undefined;
    const value = parseJson(await readFile(this.#file(term), 'utf8'));
    const holder = this.parseHolder(value);
    if (value !== undefined && !holder) throw new Error(`${this.#file(term)} does not say who holds the term`);
    return { term, holder, released: await exists(path.join(this.dir, `${term}.released`)) };
  }

  /**
   * Claims `term` (highest + 1). False when somebody else was faster. Older terms that have not accepted yet cannot
   * any more, so that what the claimer then reads is decided by nobody else.
   */
  async claim(term: number, holder: Holder): Promise<boolean> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    if (!(await createOnce(this.#file(term), JSON.stringify(holder)))) return false;
    failpoint('records.term-claimed');
    let undecided = term;
    while (undecided > 1 && !(await exists(this.#acceptedFile(undecided - 1)))) undecided -= 1;
    // Upwards, so that accepted files have no gaps even when this is cut short.
    for (let older = undecided; older < term; older += 1) await createOnce(this.#acceptedFile(older), 'null');
    return true;
  }

  /** Whether no higher term exists. Synchronous and cheap: asked before every acknowledgement and effect. */
  isHighest(term: number): boolean {
    try {
      // Our own file too: where all terms were wiped, counting starts again, and nobody may go on from before.
      return existsSync(this.#file(term)) && !existsSync(this.#file(term + 1));
    } catch {
      return false;
    }
  }

  /**
   * Records how far the files of older terms count. What a ghost appends beyond does not exist.
   * False when a later owner came first: then nothing was recorded.
   */
  async accept(term: number, lengths: Lengths): Promise<boolean> {
    const accepted = await createOnce(this.#acceptedFile(term), JSON.stringify(lengths));
    failpoint('records.term-accepted');
    return accepted;
  }

  /**
   * How many bytes of `file`, written under `term`, count: `open` while its term is the highest; `pending` while no
   * later owner has accepted the file; else the number. Files whose names begin with `together` are accepted together:
   * one that such an owner did not name was made by a ghost afterwards, and counts 0.
   */
  async acceptedLength(term: number, file: string, together?: string): Promise<'open' | 'pending' | number> {
    if (this.isHighest(term)) return 'open';
    for (let later = term + 1; ; later += 1) {
      const lengths = await this.acceptedBy(later);
      if (lengths === undefined) return 'pending';
      const length = lengths?.[file];
      if (length !== undefined) return length;
      if (lengths && together !== undefined && Object.keys(lengths).some((name) => name.startsWith(together))) return 0;
    }
  }

  /** What the owner of `term` accepted: undefined while it has not, null when it never will. */
  async acceptedBy(term: number): Promise<Lengths | null | undefined> {
    const known = this.#accepted.get(term);
    if (known !== undefined) return known;
    const text = await readFile(this.#acceptedFile(term), 'utf8').catch(missing);
    const lengths = text === undefined ? undefined : parseLengths(text);
    if (lengths !== undefined) this.#accepted.set(term, lengths);
    return lengths;
  }

  /** The terms from the last owner who accepted up to the highest: nobody has looked at their files yet. */
  async undecided(): Promise<number[]> {
    const terms: number[] = [];
    for (let term = await this.#highestNumber(); term > 0; term -= 1) {
      terms.unshift(term);
      if (await this.acceptedBy(term)) break;
    }
    return terms;
  }

  async release(term: number): Promise<void> {
    failpoint('records.term-unreleased');
    await createOnce(path.join(this.dir, `${term}.released`), '');
  }

  async #highestNumber(): Promise<number> {
    const names = await readdir(this.dir).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') return [];
      throw error;
    });
    return Math.max(0, ...names.map((name) => Number(/^([1-9]\d{0,14})\.json$/.exec(name)?.[1] ?? 0)));
  }

  #file(term: number): string {
    return path.join(this.dir, `${term}.json`);
  }

  #acceptedFile(term: number): string {
    return path.join(this.dir, `${term}.accepted.json`);
  }
}

function existsSync(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(missing)) !== undefined;
}

function missing(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined for a file that is still being written, where hard links do not exist. */
function parseLengths(text: string): Lengths | null | undefined {
  const value = parseJson(text);
  if (value === null) return null;
  if (typeof value !== 'object') return undefined;
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])),
  );
}
