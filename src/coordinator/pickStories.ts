import { commonScope, filesInScope } from '../prd/fileScope.js';
import type { Story } from '../prd/prd.js';

export type Scoped = Pick<Story, 'id' | 'fileScope'>;

/** A story at work, and the files that it has changed so far, as far as anybody has looked. */
export interface AtWork {
  readonly story: Scoped;
  readonly touched: readonly string[];
}

/** Whom a story waits for, and where they work: what is known of it. */
export interface InTheWay {
  readonly story: string;
  readonly files: readonly string[];
}

export interface Picked<T> {
  readonly begin: readonly T[];
  /** Those that would begin now if they had no scope. */
  readonly waiting: readonly { readonly story: T; readonly on: readonly InTheWay[] }[];
}

/** As many as a person reads. */
const MOST_FILES = 5;

/**
 * The stories that begin now, of those that may, in their order: as many as there are places, without those that would work
 * in the same files as one that is at work. While nobody is at work the first one always begins.
 */
export function pickStories<T extends Scoped>(
  ready: readonly T[],
  atWork: readonly AtWork[],
  places: number,
): Picked<T> {
  const begin: T[] = [];
  const waiting: Picked<T>['waiting'][number][] = [];
  const busy = [...atWork];
  for (const [index, story] of ready.entries()) {
    if (begin.length >= places) break;
    const on = busy.flatMap((other) => inTheWay(story, other));
    if (on.length === 0) {
      begin.push(story);
      busy.push({ story, touched: [] });
    } else if (index < places) {
      waiting.push({ story, on });
    }
  }
  return { begin, waiting };
}

function inTheWay({ fileScope }: Scoped, { story, touched }: AtWork): InTheWay[] {
  const changed = filesInScope(fileScope, touched);
  const files = changed.length > 0 ? changed : commonScope(fileScope, story.fileScope);
  return files.length === 0 ? [] : [{ story: story.id, files: files.slice(0, MOST_FILES) }];
}
