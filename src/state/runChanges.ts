import type { StoryStatus } from '../events/catalogue.js';
import type { CriterionState, CriterionStatus, RunState, StoryState } from './runState.js';

/** The steps that the fold is made of: each changes a run in place, at a cost that does not depend on its size. */

/** The story of that id, made when nobody told of it before. */
export function storyOf(run: RunState, id: string): StoryState {
  const known = run.stories.get(id);
  if (known) return known;
  const story: StoryState = {
    id,
    title: id,
    priority: 0,
    dependsOn: [],
    status: 'open',
    criteria: [],
    attempts: [],
    gates: [],
    commands: [],
    commits: [],
  };
  run.stories.set(id, story);
  run.counts.total = Math.max(run.counts.total, run.stories.size);
  return story;
}

/** The same for a criterion. */
export function criterionOf(run: RunState, story: StoryState, index: number, text: string): CriterionState {
  const known = story.criteria.find((criterion) => criterion.index === index);
  if (known) {
    // A claim can be the first to name a criterion, and does not know its text.
    if (known.text === '') known.text = text;
    return known;
  }
  const criterion: CriterionState = { index, text, status: 'unproved' };
  story.criteria.push(criterion);
  run.counts.criteria += 1;
  return criterion;
}

/** Keeps counts and the stories in progress in step. */
export function setStatus(run: RunState, story: StoryState, status: StoryStatus): void {
  if (story.status === 'completed') run.counts.completed -= 1;
  if (story.status === 'failed') run.counts.failed -= 1;
  if (status === 'completed') run.counts.completed += 1;
  if (status === 'failed') run.counts.failed += 1;
  if (status === 'in_progress' && story.status !== status) run.current.push(story.id);
  if (status !== 'in_progress' && story.status === 'in_progress') run.current.splice(run.current.indexOf(story.id), 1);
  story.status = status;
}

/** Keeps the count in step. */
export function setCriterion(run: RunState, criterion: CriterionState, status: CriterionStatus): void {
  if (criterion.status === 'proved') run.counts.proved -= 1;
  if (status === 'proved') run.counts.proved += 1;
  criterion.status = status;
}

/** The fields that have a value. */
export function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

/** An optional property is absent, never undefined: snapshots and folds compare equal. */
export function setOrDelete<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) Reflect.deleteProperty(target, key);
  else target[key] = value;
}
