import type { StoryStatus } from '../events/catalogue.js';

interface Node {
  readonly id: string;
  readonly priority: number;
  readonly dependsOn: readonly string[];
}

/**
 * Stories that may start now, the next one first: all they depend on is completed; by urgency (what people asked for, the
 * highest first), then priority, then file order.
 */
export function readyStories<T extends Node>(
  stories: readonly T[],
  statusOf: (id: string) => StoryStatus,
  urgencyOf: (id: string) => number = () => 0,
): T[] {
  return stories
    .filter(({ id, dependsOn }) => statusOf(id) === 'open' && dependsOn.every((on) => statusOf(on) === 'completed'))
    .sort((a, b) => urgencyOf(b.id) - urgencyOf(a.id) || a.priority - b.priority);
}

/**
 * Stories that can never start, because something they depend on (directly or not) failed or was skipped, with the
 * culprit. Those already marked as blocked are among them.
 */
export function blockedStories(stories: readonly Node[], statusOf: (id: string) => StoryStatus): Map<string, string> {
  const dependents = new Map<string, string[]>();
  for (const { id, dependsOn } of stories) {
    for (const on of dependsOn) {
      const known = dependents.get(on);
      if (known) known.push(id);
      else dependents.set(on, [id]);
    }
  }
  const blocked = new Map<string, string>();
  for (const { id: culprit } of stories) {
    const status = statusOf(culprit);
    if (status !== 'failed' && status !== 'skipped') continue;
    const next = [culprit];
    for (let id = next.pop(); id !== undefined; id = next.pop()) {
      for (const dependent of dependents.get(id) ?? []) {
        const waits = statusOf(dependent) === 'open' || statusOf(dependent) === 'blocked';
        if (!waits || blocked.has(dependent)) continue;
        blocked.set(dependent, culprit);
        next.push(dependent);
      }
    }
  }
  return blocked;
}

/** One cycle, as the ids along it (first = last), or undefined. Each story is visited once; no recursion. */
export function findCycle(stories: readonly Node[]): string[] | undefined {
  const byId = new Map(stories.map((story) => [story.id, story]));
  const done = new Set<string>();
  for (const { id: root } of stories) {
    if (done.has(root)) continue;
    const path: { readonly id: string; next: number }[] = [{ id: root, next: 0 }];
    const onPath = new Set([root]);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const dependency = byId.get(top.id)?.dependsOn[top.next];
      top.next += 1;
      if (dependency === undefined) {
        done.add(top.id);
        onPath.delete(top.id);
        path.pop();
      } else if (onPath.has(dependency)) {
        const ids = path.map(({ id }) => id);
        return [...ids.slice(ids.indexOf(dependency)), dependency];
      } else if (byId.has(dependency) && !done.has(dependency)) {
        onPath.add(dependency);
        path.push({ id: dependency, next: 0 });
      }
    }
  }
  return undefined;
}
