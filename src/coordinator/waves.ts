import type { RunJournal } from '../journal/runJournal.js';

interface Wave {
  readonly number: number;
  readonly left: Set<string>;
  readonly completed: string[];
}

/** Tells of waves: stories that begin together, until the last of them has ended. They overlap, as a free place is taken at once. */
export class Waves {
  readonly #open = new Set<Wave>();

  constructor(private readonly journal: RunJournal) {}

  async begin(stories: readonly string[]): Promise<void> {
    const number = (this.journal.state.wave ?? 0) + 1;
    this.#open.add({ number, left: new Set(stories), completed: [] });
    await this.journal.record('cycle.started', { cycle_number: number, story_keys: [...stories] });
  }

  async end(story: string): Promise<void> {
    for (const wave of this.#open) {
      if (!wave.left.delete(story)) continue;
      if (this.journal.state.stories.get(story)?.status === 'completed') wave.completed.push(story);
      if (wave.left.size > 0) continue;
      this.#open.delete(wave);
      await this.journal.record('cycle.ended', { cycle_number: wave.number, completed_stories: wave.completed });
    }
  }
}
