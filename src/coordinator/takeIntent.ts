import { failpoint } from '../primitives/failpoint.js';
import type { Intent } from '../session/inbox.js';
import { objection } from '../state/possibleIntents.js';
import type { Control } from './control.js';
import type { Settlement } from './settle.js';

/** An intent is journalled, with who asked, before anything follows from it. One that is not possible is told, and no more. */
export async function takeIntent(
  { journal, status }: Pick<Settlement, 'journal' | 'status'>,
  control: Control,
  intent: Intent,
): Promise<void> {
  // Another one that is on its way may have changed what is possible since it was asked.
  const why = objection(journal.state, intent);
  if (why !== undefined) {
    await journal.record('log.message', { level: 'warn', message: why }, { severity: 'warn' });
    return;
  }
  await recordIntent(journal, intent);
  failpoint('coordinator.intent-recorded');
  control.apply(intent);
  if (intent.intent === 'release') await status.catchUp();
}

async function recordIntent(journal: Settlement['journal'], intent: Intent): Promise<void> {
  const asked = { by: intent.by, intent_id: intent.id };
  const { intent: name, story_id: storyId = '', ac_index: index = 0 } = intent;
  const { question_id: questionId = '', answer = '' } = intent;
  switch (name) {
    case 'pause':
      await journal.record('pause.requested', { ...asked, ...(intent.now && { now: true }) });
      return;
    case 'resume':
    case 'stop':
    case 'cancel':
    case 'hold':
    case 'release':
      await journal.record(`${name}.requested`, asked);
      return;
    case 'retry':
    case 'skip':
    case 'prioritise':
      await journal.record(`${name}.requested`, { ...asked, story_id: storyId }, { storyId });
      return;
    case 'answer':
      await journal.record(
        'answer.requested',
        { ...asked, story_id: storyId, question_id: questionId, answer },
        { storyId },
      );
      return;
    case 'accept':
      await journal.record('accept.requested', { ...asked, story_id: storyId, ac_index: index }, { storyId });
      await recordAcceptance(journal, storyId, index, intent.by);
      return;
  }
}

/** The same in the words that clients know from other proofs. */
async function recordAcceptance(
  journal: Settlement['journal'],
  storyId: string,
  index: number,
  by: string,
): Promise<void> {
  const text = journal.state.stories.get(storyId)?.criteria.find((one) => one.index === index)?.text ?? '';
  await journal.record(
    'criterion.completed',
    { story_id: storyId, ac_index: index, ac_text: text, duration_ms: 0, proof: { kind: 'person', by } },
    { storyId },
  );
}
