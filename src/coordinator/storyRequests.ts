import { assertNever } from '../primitives/assertNever.js';
import type { StoryState } from '../state/runState.js';
import { isWaiting, openQuestions } from '../state/questions.js';
import type { RunJournal } from '../journal/runJournal.js';

/**
 * Carries out what people asked of stories that nobody works on. What was asked is in the journal, so that a resumed run
 * does it, too.
 */
export async function settleRequests(
  journal: RunJournal,
  working: { readonly has: (story: string) => boolean },
): Promise<void> {
  for (const story of journal.state.stories.values()) {
    if (working.has(story.id)) continue;
    const status = story.requested === undefined ? statusAfterAnswer(story) : statusAfter(story.requested);
    if (status === undefined) continue;
    await journal.record(
      'story.status',
      { story_key: story.id, old_status: story.status, new_status: status },
      { storyId: story.id },
    );
  }
}

/** A story that waited for answers goes on with the last of them. */
function statusAfterAnswer(story: StoryState): 'open' | undefined {
  return isWaiting(story) && openQuestions(story).length === 0 ? 'open' : undefined;
}

function statusAfter(requested: NonNullable<StoryState['requested']>): 'open' | 'skipped' {
  switch (requested) {
    case 'retry':
      return 'open';
    case 'skip':
      return 'skipped';
    default:
      return assertNever(requested);
  }
}
