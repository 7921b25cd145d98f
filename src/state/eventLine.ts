import type { EventData } from '../events/catalogue.js';
import { isKnown, type Envelope, type KnownEvent } from '../events/envelope.js';
import { askedText } from './questions.js';
import { short, testsText, usageText } from './selectors.js';
import { measuredText } from './durationText.js';
import { plainText } from './outputText.js';
import { problemsText } from './problemCounts.js';
import {
  budgetText,
  changedText,
  commandKindText,
  isOldFailure,
  queuedText,
  reasonText,
  storyLook,
  waitsText,
  workerText,
  type Tone,
} from './statusText.js';

/** An event as one line for people. */
export interface EventLine {
  readonly icon: string;
  readonly tone: Tone;
  readonly text: string;
  /** The story that it is about. */
  readonly story: string | undefined;
}

/** Says what happened, in a sentence a person would use. Types of a newer version are named. */
export function eventLine(event: Envelope): EventLine {
  const [icon, tone, text] = isKnown(event) ? knownLine(event) : (['question', 'muted', event.type] as const);
  return { icon, tone, text: firstLine(text), story: storyOf(event) };
}

type Line = readonly [icon: string, tone: Tone, text: string];

function knownLine(event: KnownEvent): Line {
  switch (event.type) {
    case 'prd.queued':
      return ['watch', 'muted', queuedText(event.data.ahead)];
    case 'prd.started':
      return [
        'rocket',
        'active',
        `${event.data.resumed ? 'Run taken up again' : 'Run started'}: ${stories(event.data.total_stories)}`,
      ];
    case 'prd.paused':
      return ['debug-pause', 'warning', withDetail('Run paused', event.data.reason)];
    case 'prd.resumed':
      return ['debug-start', 'active', 'Run goes on'];
    case 'prd.stopped':
      return ['stop-circle', 'warning', withDetail('Run stopped', event.data.reason)];
    case 'prd.cancelled':
      return ['circle-slash', 'muted', withDetail('Run given up', event.data.reason)];
    case 'prd.completed':
      return event.data.success
        ? ['pass-filled', 'good', 'Run completed: every story is done']
        : ['error', 'bad', `Run finished: ${stories(event.data.failed_stories ?? 0)} not done`];
    case 'prd.changed':
      return ['edit', 'warning', changedText(event.data.path, event.data.stories)];
    case 'prd.written':
      return ['edit', 'muted', `Status written to ${event.data.path}`];
    case 'run.progress':
      return [
        'graph',
        'muted',
        `${event.data.completed_stories} of ${stories(event.data.total_stories)} done (${Math.round(event.data.progress)} %)`,
      ];
    case 'batch.started':
      return ['layers', 'muted', `Batch ${event.data.batch_id} started`];
    case 'batch.ended':
      return ['layers', 'muted', `Batch ${event.data.batch_id} ended: ${event.data.status}`];
    case 'cycle.started':
      return ['layers', 'muted', `Wave ${event.data.cycle_number} started: ${event.data.story_keys.join(', ')}`];
    case 'cycle.ended':
      return [
        'layers',
        'muted',
        `Wave ${event.data.cycle_number} ended: ${event.data.completed_stories.length} completed`,
      ];
    case 'story.started':
      return ['play', 'active', withDetail('Story started', event.data.title)];
    case 'story.status': {
      const { icon, tone, text } = storyLook[event.data.new_status];
      return [
        icon,
        tone,
        withDetail(
          `Status: ${storyLook[event.data.old_status].text} → ${text}`,
          event.data.reason && reasonText(event.data.reason),
        ),
      ];
    }
    case 'story.completed':
      return event.data.success
        ? ['pass-filled', 'good', `Story done${inTime(event.data.duration_ms)}`]
        : ['error', 'bad', withDetail('Story failed', whyText(event.data))];
    case 'question.asked': {
      const { story_id: id, question_id: questionId, question, options } = event.data;
      const asked = { id: questionId, question, ...(options && { options }) };
      return ['question', 'warning', askedText({ id }, asked)];
    }
    case 'criterion.claimed':
      return ['comment', 'warning', withDetail(`AC-${event.data.ac_index} claimed by the agent`, event.data.note)];
    case 'criterion.completed':
      return ['verified-filled', 'good', withDetail(`AC-${event.data.ac_index} proved`, event.data.ac_text)];
    case 'criterion.failed':
      return ['error', 'bad', withDetail(`AC-${event.data.ac_index} failed`, event.data.message)];
    case 'command.started':
      return ['terminal', 'muted', withDetail(`${commandKindText(event.data.kind)} started`, event.data.command)];
    case 'command.progress':
      return ['output', 'muted', event.data.message];
    case 'command.ended':
      return event.data.status === 'success'
        ? ['terminal', 'muted', `${commandKindText(event.data.kind)} ended${inTime(event.data.metrics?.duration_ms)}`]
        : [
            'terminal',
            'bad',
            withDetail(
              `${commandKindText(event.data.kind)} failed`,
              event.data.reason ? reasonText(event.data.reason) : event.data.message,
            ),
          ];
    case 'test.run':
      return ['beaker', event.data.failed === 0 ? 'good' : 'bad', testsText(event.data)];
    case 'gate.started':
      return ['shield', 'muted', `Gate “${event.data.gate}” runs`];
    case 'gate.completed':
      return gateLine(event.data);
    case 'commit.created':
      return ['git-commit', 'muted', `Commit ${short(event.data.commit_hash)} made${files(event.data.files)}`];
    case 'merge.completed':
      return [
        'git-merge',
        'good',
        `Commit ${short(event.data.commit_hash)} merged${event.data.branch_moved === false ? '; its branch is checked out and stays' : ''}`,
      ];
    case 'merge.conflicted':
      return ['git-merge', 'bad', `Merge conflict in ${event.data.files.join(', ')}`];
    case 'story.waiting': {
      const others = event.data.on.map(({ story_id: other, files }) => ({ story: other, files }));
      return others.length === 0
        ? ['watch', 'muted', 'Waits for no other story any more']
        : ['watch', 'muted', waitsText({ waitsFor: others }).join('; ')];
    }
    case 'conflict.foreseen': {
      const { other_story: other, files } = event.data;
      return files.length === 0
        ? ['git-merge', 'muted', `No conflict with ${other} any more`]
        : ['git-merge', 'warning', `Will conflict with ${other} in ${files.join(', ')}`];
    }
    case 'review.started':
      return ['eye', 'active', `${event.data.reviewer} reviews attempt ${event.data.attempt}`];
    case 'attempt.saved':
      return ['save', 'muted', `Attempt ${event.data.attempt} saved as ${short(event.data.commit_hash)}`];
    case 'context.created':
      return ['debug-start', 'active', withDetail(`Attempt ${event.data.attempt} started`, workerText(event.data))];
    case 'context.refreshed':
      return [
        'debug-restart',
        'active',
        withDetail(`Attempt ${event.data.attempt} started, with what went wrong`, workerText(event.data)),
      ];
    case 'context.completed':
      return event.data.success === false
        ? unsuccessful(event.data)
        : ['check', 'muted', `Attempt ${event.data.attempt} is over`];
    case 'usage.recorded':
      return [
        'credit-card',
        'muted',
        usageText({
          inputTokens: event.data.input_tokens ?? 0,
          outputTokens: event.data.output_tokens ?? 0,
          ...(event.data.cost_usd !== undefined && { costUsd: event.data.cost_usd }),
        }),
      ];
    case 'limit.reached':
      return ['watch', 'warning', limitLine(event.data)];
    case 'limit.cleared':
      return ['watch', 'muted', 'The run waits for the agent no longer'];
    case 'budget.exceeded':
      return ['credit-card', 'bad', budgetText(event.data)];
    case 'error.occurred':
      return ['error', 'bad', event.data.error_message ?? event.data.error];
    case 'log.message':
      return ['note', logTone[event.data.level], event.data.message];
    case 'pause.requested':
      return ['person', 'muted', `Pause${event.data.now ? ' at once' : ''} requested by ${event.data.by}`];
    case 'resume.requested':
      return ['person', 'muted', `Resume requested by ${event.data.by}`];
    case 'stop.requested':
      return ['person', 'muted', `Stop requested by ${event.data.by}`];
    case 'cancel.requested':
      return ['person', 'muted', `Giving up requested by ${event.data.by}`];
    case 'hold.requested':
      return ['edit', 'muted', `The PRD file is being edited (${event.data.by}); its status waits`];
    case 'release.requested':
      return ['edit', 'muted', `The PRD file was released (${event.data.by})`];
    case 'retry.requested':
      return ['person', 'muted', `Another attempt requested by ${event.data.by}`];
    case 'skip.requested':
      return ['person', 'muted', `Leaving the story out requested by ${event.data.by}`];
    case 'prioritise.requested':
      return ['person', 'muted', `Beginning with it next requested by ${event.data.by}`];
    case 'answer.requested':
      return ['person', 'muted', `${event.data.question_id} answered by ${event.data.by}: ${event.data.answer}`];
    case 'accept.requested':
      return ['person', 'muted', `AC-${event.data.ac_index} accepted by ${event.data.by}`];
    case 'hub.liveness':
      return ['pulse', 'muted', `${event.data.interrupted.length} runs interrupted`];
    case 'hub.stats':
      return ['pulse', 'muted', `${event.data.connections} clients, ${event.data.total_events} events`];
  }
}

function unsuccessful({ attempt, reason }: EventData<'context.completed'>): Line {
  if (reason === 'question') return ['question', 'warning', `Attempt ${attempt} ended with a question`];
  return ['close', 'bad', withDetail(`Attempt ${attempt} did not succeed`, reason && reasonText(reason))];
}

const logTone = { debug: 'muted', info: 'muted', warn: 'warning', error: 'bad' } as const satisfies Record<
  string,
  Tone
>;

function storyOf(event: Envelope): string | undefined {
  const { story_id: inData, story_key: key } = event.data as Partial<Record<string, unknown>>;
  return [event.story_id, inData, key].find((id) => typeof id === 'string');
}

/** Events carry whole outputs; a line is its first line that says something. */
function firstLine(text: string): string {
  return plainText(text.slice(0, 2_000)).trim().split('\n', 1)[0]?.slice(0, 500).trimEnd() ?? '';
}

function whyText({ reason, message }: EventData<'story.completed'>): string | undefined {
  return [reason && reasonText(reason), message].filter(Boolean).join('. ') || undefined;
}

const stories = (count: number): string => `${count} ${count === 1 ? 'story' : 'stories'}`;
const files = (count: number | undefined): string =>
  count === undefined ? '' : ` (${count} ${count === 1 ? 'file' : 'files'})`;
const withDetail = (text: string, detail: string | undefined): string => (detail ? `${text}: ${detail}` : text);
const inTime = (ms: number | undefined): string => (ms === undefined ? '' : ` in ${measuredText(ms)}`);

function gateLine(data: EventData<'gate.completed'>): Line {
  const [tone, text] = gateEnd(data);
  return ['shield', tone, withDetail(text, problemsText(data, data.baseline))];
}

function gateEnd(data: EventData<'gate.completed'>): readonly [Tone, string] {
  const { gate, passed, flaky, required, inconclusive, duration_ms: duration } = data;
  const ended = `Gate “${gate}” ${passed ? 'passed' : 'failed'}${inTime(duration)}`;
  if (passed) return flaky ? ['warning', `${ended} when run again`] : ['good', ended];
  if (inconclusive) return ['warning', `Gate “${gate}” could not be checked`];
  if (isOldFailure(data)) return ['warning', `${ended}, as it did before`];
  return required === false ? ['warning', `${ended}; it is not required`] : ['bad', ended];
}

function limitLine({ reason, resets_at: reset, until }: EventData<'limit.reached'>): string {
  const what = reason === undefined ? 'Rate limit of the agent' : reasonText(reason);
  return [what, reset === null ? '' : `lifted at ${reset}`, until === undefined ? '' : `the run goes on at ${until}`]
    .filter(Boolean)
    .join(', ');
}
