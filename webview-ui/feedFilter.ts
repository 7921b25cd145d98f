import { eventPattern, matches } from '../src/events/pattern.js';
import type { FeedEntry } from './hubView.js';

/**
 * Makes a test from what a person typed. Words are joined by "and"; a word is a pattern of types when it ends in `.*`,
 * otherwise it is looked for in type, story and text, whatever its case.
 */
export function feedFilter(filter: string): (entry: FeedEntry) => boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean).map(wordFilter);
  return (entry) => words.every((word) => word(entry));
}

function wordFilter(word: string): (entry: FeedEntry) => boolean {
  if (word.endsWith('.*') && eventPattern.safeParse(word).success) return ({ event }) => matches(word, event.type);
  return ({ event, line }) =>
    [event.type, line.story ?? '', line.text].some((text) => text.toLowerCase().includes(word));
}
