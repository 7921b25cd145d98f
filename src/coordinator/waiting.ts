import type { RunJournal } from '../journal/runJournal.js';
import type { Picked, Scoped } from './pickStories.js';

/** Tells which stories wait for others that work in their files, whenever they are not the same as told before. */
export async function tellWaiting(journal: RunJournal, { begin, waiting }: Picked<Scoped>): Promise<void> {
  const begins = new Set(begin.map(({ id }) => id));
  const now = new Map(waiting.map(({ story, on }) => [story.id, on]));
  for (const { id, waitsFor = [] } of journal.state.stories.values()) {
    const on = now.get(id) ?? [];
    // That it begins says so itself.
    if (begins.has(id) || idsOf(waitsFor) === idsOf(on)) continue;
    const others = on.map(({ story, files }) => ({ story_id: story, files: [...files] }));
    await journal.record('story.waiting', { story_id: id, on: others }, { storyId: id });
  }
}

const idsOf = (others: readonly { readonly story: string }[]): string =>
  others
    .map(({ story }) => story)
    .sort()
    .join('\n');
