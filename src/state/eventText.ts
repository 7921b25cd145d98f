import { isKnown, type Envelope, type KnownEvent } from '../events/envelope.js';
import { short } from './selectors.js';

/** What an event says, in one line for people; the same in terminal, log and dashboard. */
export function eventText(event: Envelope): string {
  return isKnown(event) ? knownText(event) : event.type;
}

function knownText(event: KnownEvent): string {
  switch (event.type) {
    case 'prd.queued':
      return 'Run queued';
    case 'prd.started':
      return `${event.data.resumed ? 'Run resumed' : 'Run started'}: ${event.data.title ?? 'PRD'}, ${event.data.total_stories} stories`;
    case 'prd.paused':
      return withReason('Run paused', event.data.reason);
    case 'prd.resumed':
      return 'Run goes on';
    case 'prd.stopped':
      return withReason('Run stopped', event.data.reason);
    case 'prd.cancelled':
      return withReason('Run cancelled', event.data.reason);
    case 'prd.completed':
      return `Run ${event.data.success ? 'completed' : 'ended with stories not done'}`;
    case 'prd.written':
      return `${event.data.story_id}: status written to ${event.data.path}`;
    case 'run.progress':
      return `${event.data.completed_stories} of ${event.data.total_stories} stories done`;
    case 'batch.started':
      return `Batch ${event.data.batch_id} started`;
    case 'batch.ended':
      return `Batch ${event.data.batch_id} ended: ${event.data.status}`;
    case 'cycle.started':
      return `Wave ${event.data.cycle_number} started: ${event.data.story_keys.join(', ')}`;
    case 'cycle.ended':
      return `Wave ${event.data.cycle_number} ended`;
    case 'story.started':
      return `${event.data.story_id} started${event.data.title === undefined ? '' : `: ${event.data.title}`}`;
    case 'story.status':
      return withReason(
        `${event.data.story_key}: ${event.data.old_status} → ${event.data.new_status}`,
        event.data.reason,
      );
    case 'story.completed':
      return withReason(`${event.data.story_id} ${event.data.success ? 'done' : 'failed'}`, event.data.reason);
    case 'criterion.claimed':
      return `${event.data.story_id}: the agent claims AC-${event.data.ac_index}`;
    case 'criterion.completed':
      return `${event.data.story_id}: AC-${event.data.ac_index} proved`;
    case 'criterion.failed':
      return `${event.data.story_id}: AC-${event.data.ac_index} failed its check`;
    case 'command.started':
      return `${event.data.story_key}: ${event.data.kind ?? 'command'} ${event.data.command} started`;
    case 'command.progress':
      return `${event.data.story_key}: ${event.data.message.trim()}`;
    case 'command.ended':
      return withReason(
        `${event.data.story_key}: ${event.data.command} ended with ${event.data.status}`,
        event.data.reason,
      );
    case 'test.run':
      return `${event.data.story_id}: ${event.data.passed} of ${event.data.total} tests pass`;
    case 'gate.started':
      return `${event.data.story_id}: gate ${event.data.gate} runs`;
    case 'gate.completed':
      return `${event.data.story_id}: gate ${event.data.gate} ${event.data.passed ? 'passed' : 'failed'}`;
    case 'commit.created':
      return `${event.data.story_id}: commit ${short(event.data.commit_hash)}`;
    case 'merge.completed':
      return `${event.data.story_id}: ${short(event.data.commit_hash)} is the run's result`;
    case 'merge.conflicted':
      return `${event.data.story_id}: conflict in ${event.data.files.join(', ')}`;
    case 'attempt.saved':
      return `${event.data.story_id}: attempt ${event.data.attempt} saved as ${event.data.ref}`;
    case 'context.created':
    case 'context.refreshed':
      return `${event.data.story_id}: attempt ${event.data.attempt} begins`;
    case 'context.completed':
      return withReason(`${event.data.story_id}: attempt ${event.data.attempt} is over`, event.data.reason);
    case 'usage.recorded':
      return `${event.data.story_id}: ${event.data.input_tokens ?? 0} tokens in, ${event.data.output_tokens ?? 0} out`;
    case 'limit.reached':
      return `Limit reached, ${event.data.resets_at === null ? 'reset unknown' : `resets at ${event.data.resets_at}`}`;
    case 'limit.cleared':
      return 'Limit is over';
    case 'budget.exceeded':
      return `Ceiling ${event.data.budget} reached: ${event.data.used} of ${event.data.limit}`;
    case 'error.occurred':
      return `Error: ${event.data.error_message ?? event.data.error}`;
    case 'log.message':
      return event.data.message;
    case 'pause.requested':
    case 'resume.requested':
    case 'stop.requested':
    case 'cancel.requested':
      return `${intent(event.type)} requested by ${event.data.by}`;
    case 'retry.requested':
    case 'skip.requested':
    case 'accept.requested':
      return `${event.data.story_id}: ${intent(event.type).toLowerCase()} requested by ${event.data.by}`;
    case 'hub.stats':
      return `${event.data.connections} connections, ${event.data.total_events} events`;
  }
}

function withReason(text: string, reason: string | undefined): string {
  return reason === undefined ? text : `${text} (${reason})`;
}

function intent(type: string): string {
  const name = type.slice(0, type.indexOf('.'));
  return name.charAt(0).toUpperCase() + name.slice(1);
}
