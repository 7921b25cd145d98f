import * as z from 'zod';

/** `*`, an exact type, or a prefix with a trailing `.*` ("story.*"). */
export const eventPattern = z
  .string()
  .max(64)
  .regex(/^(\*|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*(\.\*)?)$/, 'a pattern is "*", "story.*" or "story.started"');

export function matches(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}
