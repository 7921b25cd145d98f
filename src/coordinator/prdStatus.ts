import type { Story } from '../prd/prd.js';
import { Sequence } from '../primitives/sequence.js';
import type { RunPaths } from '../session/paths.js';
import type { RunState, StoryState } from '../state/runState.js';
import { unwrittenStories } from '../state/selectors.js';
import { isAncestor } from './branches.js';
import type { RunPlan } from '../plan/plan.js';
import type { RunJournal } from '../journal/runJournal.js';
import { writeBack } from './writeBack.js';

/**
 * The status of finished stories in the user's PRD file. It follows the journal: whatever is behind is written when it can
 * be. Nothing is written while somebody holds the file; a file that does not take it is reported, not fatal.
 */
export class PrdStatus {
  /** One write at a time: stories and a release come here independently. */
  readonly #writes = new Sequence();
  readonly #reported = new Map<string, string>();

  constructor(
    private readonly plan: RunPlan,
    private readonly run: RunPaths,
    private readonly journal: RunJournal,
  ) {}

  /** Writes what is behind, unless the file is held. */
  catchUp(): Promise<void> {
    return this.#writes.run(async () => {
      for (const { id } of unwrittenStories(this.journal.state)) {
        if (this.journal.state.heldBy !== undefined) return;
        await this.write(id);
      }
    });
  }

  async write(storyId: string): Promise<void> {
    const { plan, run, journal } = this;
    const written = await journal.withRoom(() => writeBack(plan.prdFile, run, storyId, true));
    if (written.ok) {
      await journal.record(
        'prd.written',
        { story_id: storyId, path: plan.prdPath, passes: true, sha256: written.value },
        { storyId },
      );
    } else if (this.#reported.get(storyId) !== written.error) {
      this.#reported.set(storyId, written.error);
      await journal.record(
        'error.occurred',
        { story_id: storyId, error: written.error, error_type: 'write-back', retryable: true },
        { storyId, severity: 'warn' },
      );
    }
  }
}

/**
 * Stories that the PRD's last run finished while the file was held: done, provided that the file still means the same by
 * them and that the new run builds on their commits.
 */
export async function lateStories(plan: RunPlan, last: RunState | undefined, base: string): Promise<string[]> {
  const late: string[] = [];
  for (const state of last ? unwrittenStories(last) : []) {
    const story = plan.prd.stories.find(({ id }) => id === state.id);
    const commit = state.commits.at(-1);
    if (state.status !== 'completed' || !story || commit === undefined || !isSame(story, state)) continue;
    if (await isAncestor(plan.repository.root, commit, base)) late.push(state.id);
  }
  return late;
}

function isSame(story: Story, state: StoryState): boolean {
  const criteria = story.criteria.map(({ text }) => text).join('\n');
  return story.title === state.title && criteria === state.criteria.map(({ text }) => text).join('\n');
}
