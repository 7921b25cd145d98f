import type { StoryStatus } from '../events/catalogue.js';

interface Node {
  readonly id: string;
  readonly priority: number;
  readonly dependsOn: readonly string[];
}

/** Stories that may start now, the next one first: all they depend on is completed; by priority, then file order. */
export function readyStories<T extends Node>(stories: readonly T[], statusOf: (id: string) => StoryStatus): T[] {
  throw new Error(`stub ${stories.length} ${statusOf('')}`);
}

/** Stories that can never start, because something they depend on (directly or not) failed or was skipped, with the culprit. */
export function blockedStories<T extends Node>(
  stories: readonly T[],
  statusOf: (id: string) => StoryStatus,
): Map<string, string> {
  throw new Error(`stub ${stories.length} ${statusOf('')}`);
}

/** One cycle, as the ids along it (first = last), or undefined. */
export function findCycle(stories: readonly Node[]): string[] | undefined {
  throw new Error(`stub ${stories.length}`);
}
