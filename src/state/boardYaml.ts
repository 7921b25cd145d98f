import type { ShownStatus } from './liveness.js';
import type { RunState } from './runState.js';
import { progressPercent, provedCriteria } from './selectors.js';

/** The board of a run as YAML 1.2: every story with its status. `status` is the run's, as people see it. */
export function boardYaml(run: RunState, status: ShownStatus): string {
  const stories = [...run.stories.values()];
  const lines = [
    `run: ${quoted(run.id)}`,
    `prd: ${quoted(run.prdId)}`,
    `project: ${quoted(run.project)}`,
    `title: ${quoted(run.title)}`,
    `status: ${quoted(status)}`,
    `progress: ${progressPercent(run)}`,
    `started_at: ${quoted(run.startedAt)}`,
    `updated_at: ${quoted(run.updatedAt)}`,
    stories.length === 0 ? 'development_status: {}' : 'development_status:',
    ...stories.map(({ id, status: storyStatus }) => `  ${quoted(id)}: ${quoted(storyStatus)}`),
    stories.length === 0 ? 'stories: []' : 'stories:',
    ...stories.flatMap((story) => [
      `  - id: ${quoted(story.id)}`,
      `    title: ${quoted(story.title)}`,
      `    status: ${quoted(story.status)}`,
      `    priority: ${Number.isFinite(story.priority) ? story.priority : 0}`,
      `    depends_on: [${story.dependsOn.map(quoted).join(', ')}]`,
      `    attempts: ${story.attempts.length}`,
      `    criteria: ${story.criteria.length}`,
      `    proved: ${provedCriteria(story)}`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Double quotes hold any text, in JSON's escapes, on one line: no value is taken for a number, a tag, an anchor or a comment.
 * What YAML lets nobody write as it is, and JSON does, is escaped as well; half a character becomes the replacement one.
 */
function quoted(text: string): string {
  const whole = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
  return JSON.stringify(whole).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
