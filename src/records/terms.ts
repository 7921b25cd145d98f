/**
 * Terms of one thing that has one owner at a time (a PRD's run, the hub): numbered files that are created exclusively.
 *
 *     <dir>/7.json           who claimed term 7 (content fsynced before it is visible under its name)
 *     <dir>/7.accepted.json  how many bytes of each older term's file count; written once by the owner of 7
 *     <dir>/7.released       its owner ended in good order
 */
export interface TermRecord<Holder> {
  readonly term: number;
  readonly holder: Holder;
  readonly released: boolean;
}

export class Terms<Holder extends object> {
  constructor(
    readonly dir: string,
    readonly parseHolder: (value: unknown) => Holder | undefined,
  ) {}

  /** The highest term that was claimed. */
  highest(): Promise<TermRecord<Holder> | undefined> {
    throw new Error('stub');
  }

  /** Claims `term` (highest + 1). False when somebody else was faster. */
  claim(term: number, holder: Holder): Promise<boolean> {
    throw new Error(`stub ${term} ${String(holder)}`);
  }

  /** Whether no higher term exists. Synchronous and cheap: asked before every acknowledgement and effect. */
  isHighest(term: number): boolean {
    throw new Error(`stub ${term}`);
  }

  /** Records how far the files of older terms count, `file name → bytes`. What a ghost appends beyond does not exist. */
  accept(term: number, lengths: Readonly<Record<string, number>>): Promise<void> {
    throw new Error(`stub ${term} ${String(lengths)}`);
  }

  /**
   * How many bytes of `file`, written under `term`, count: `open` while its term is the highest; `pending` while a
   * higher term exists that has not accepted yet; else the number.
   */
  acceptedLength(term: number, file: string): Promise<'open' | 'pending' | number> {
    throw new Error(`stub ${term} ${file}`);
  }

  release(term: number): Promise<void> {
    throw new Error(`stub ${term}`);
  }
}
