import type { AgentProgress, CriterionClaim } from '../agents/agent.js';
import type { Question } from '../agents/askTool.js';
import type { AttemptContext } from './attemptContext.js';

/** What an agent says, as events. Resolve when the event is on disk. */

export function recordClaim({ journal, story }: AttemptContext, claim: CriterionClaim): Promise<void> {
  return journal.record(
    'criterion.claimed',
    {
      story_id: story.id,
      ac_index: claim.acIndex,
      ...(claim.test && { test: claim.test }),
      ...(claim.note !== undefined && { note: claim.note }),
    },
    { storyId: story.id },
  );
}

/** `id`: of the question within its story. */
export function recordQuestion(
  { journal, story }: AttemptContext,
  id: string,
  { question, options }: Question,
): Promise<void> {
  return journal.record(
    'question.asked',
    { story_id: story.id, question_id: id, question, ...(options && { options }) },
    { storyId: story.id },
  );
}

export function recordProgress(
  context: AttemptContext,
  progress: Extract<AgentProgress, { kind: 'usage' | 'warning' }>,
): Promise<void> {
  const { journal, story } = context;
  const about = { storyId: story.id };
  switch (progress.kind) {
    case 'usage':
      return journal.record(
        'usage.recorded',
        {
          story_id: story.id,
          input_tokens: progress.inputTokens,
          output_tokens: progress.outputTokens,
          ...(progress.costUsd !== undefined && { cost_usd: progress.costUsd }),
        },
        about,
      );
    case 'warning':
      return warn(context, progress.message);
  }
}

export function warn({ journal, story }: AttemptContext, message: string): Promise<void> {
  return journal.record('log.message', { level: 'warn', message }, { storyId: story.id, severity: 'warn' });
}
