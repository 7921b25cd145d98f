import { durationText } from './durationText.js';
import type { ShownStatus } from './liveness.js';
import type { AttemptState, RunState, StoryState } from './runState.js';
import { elapsedMs, proofText, provedCriteria, short, usageText } from './selectors.js';
import { criterionLook, reasonText, runLook, storyLook } from './statusText.js';

/** The report of a run as Markdown. `now` is milliseconds since the epoch. */
export function runReport(run: RunState, status: ShownStatus, now: number): string {
  const { total, completed, failed, criteria, proved } = run.counts;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Run', run.id],
    ['PRD', run.path ?? run.prdId],
    ['Status', runLook[status].text],
    ['Stories', `${completed} of ${total} done, ${failed} failed`],
    ['Criteria', `${proved} of ${criteria} proved`],
    ['Started', run.startedAt],
    ['Ended', run.endedAt],
    ['Time', durationText(elapsedMs(run, now))],
    ['Agent', run.agent],
    ['Branch', run.branch],
    ['Result', run.tip && short(run.tip)],
    ['Last error', run.lastError],
  ];
  return [
    `# ${plain(run.title)}`,
    facts.flatMap(([name, value]) => (value ? [`- ${name}: ${plain(value)}`] : [])).join('\n'),
    ...[...run.stories.values()].map(storyReport),
  ]
    .join('\n\n')
    .concat('\n');
}

function storyReport(story: StoryState): string {
  const why = [story.reason && reasonText(story.reason), story.message].filter(Boolean).join(': ');
  const reason = why === '' ? '' : ` (${why})`;
  const head = `## ${plain(story.id)} ${plain(story.title)}`;
  const proof =
    story.criteria.length === 0 ? '' : `, ${provedCriteria(story)} of ${story.criteria.length} criteria proved`;
  const parts = [
    `${plain(`${storyLook[story.status].text}${reason}${proof}`)}.`,
    plain(story.description ?? ''),
    story.criteria
      .map((one) => {
        const sign = one.status === 'proved' ? 'x' : ' ';
        return `- [${sign}] ${plain(one.text)}: ${plain(`${criterionLook[one.status].text}. ${proofText(one)}`)}`;
      })
      .join('\n'),
    story.attempts.map(attemptReport).join('\n'),
  ];
  return [head, ...parts.filter((part) => part !== '')].join('\n\n');
}

function attemptReport({ attempt, startedAt, endedAt, success, reason, message, usage, commit }: AttemptState): string {
  const words = [
    success === undefined ? (endedAt === undefined ? 'running' : 'ended') : success ? 'passed' : 'failed',
    reason && reasonText(reason),
    message,
    endedAt === undefined ? undefined : durationText(Date.parse(endedAt) - Date.parse(startedAt)),
    usage && usageText(usage),
    commit && `commit ${short(commit)}`,
  ].filter(Boolean);
  return `- Attempt ${attempt}: ${plain(words.join('; '))}`;
}

/** A text of somebody else's as words and nothing else: on one line, escaped where Markdown or HTML would see a meaning. */
function plain(text: string): string {
  return text
    .replace(/[\s\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .replace(/[\\`*_[\]~|#$]|:(?=\/\/)|^[-+=>]|(?<=^\d{1,20})[.)]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;');
}
