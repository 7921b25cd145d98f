import * as z from 'zod';

/**
 * Words joined by dots, some of which may be `*`: at the end it stands for one word or more ("story.*", "*"), elsewhere for
 * exactly one ("*.completed"). The same wherever somebody says which types are meant: bus, subscriptions, pages, `watch`.
 */
export const eventPattern = z
  .string()
  .max(64)
  .regex(
    /^([a-z][a-z0-9_]*|\*)(\.([a-z][a-z0-9_]*|\*))*$/,
    'a pattern is "*", "story.*", "*.completed" or "story.started"',
  );

/** Splits; callers that ask for each event remember the answer for its type. */
export function matches(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  if (!pattern.includes('*')) return false;
  const wanted = pattern.split('.');
  const words = type.split('.');
  const hasLength = pattern.endsWith('*') ? words.length >= wanted.length : words.length === wanted.length;
  return hasLength && wanted.every((word, index) => word === '*' || word === words[index]);
}
