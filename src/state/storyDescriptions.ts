import type { RunState } from './runState.js';

export interface StoryDescription {
  readonly title: string;
  readonly description: string;
  readonly criteria: readonly string[];
}

/** What each story of a run is about, by its id, in the run's order. */
export function storyDescriptions(run: RunState): ReadonlyMap<string, StoryDescription> {
  return new Map(
    [...run.stories.values()].map(({ id, title, description = '', criteria }) => [
      id,
      { title, description, criteria: criteria.map(({ text }) => text) },
    ]),
  );
}

/** As JSON. Written by hand, because an object would drop or reorder names such as `__proto__` and `7`. */
export function storyDescriptionsJson(run: RunState): string {
  const parts = [...storyDescriptions(run)].map(([id, story]) => `${JSON.stringify(id)}:${JSON.stringify(story)}`);
  return `{${parts.join(',')}}`;
}
