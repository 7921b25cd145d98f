import { readFile } from 'node:fs/promises';
import { changedStories } from '../prd/changedStories.js';
import { parsePrd } from '../prd/parsePrd.js';
import type { RunPlan } from '../plan/plan.js';
import type { RunJournal } from '../journal/runJournal.js';

/** Sees whether the PRD file still says what the run began with. The run goes on with that; people are told. */
export class PrdChanges {
  constructor(
    private readonly plan: RunPlan,
    private readonly journal: RunJournal,
  ) {}

  async look(): Promise<void> {
    const text = await readFile(this.plan.prdFile, 'utf8').catch(() => undefined);
    const now = text === undefined ? undefined : parsePrd(text);
    // Who is in the middle of an edit has said nothing yet.
    if (!now?.ok) return;
    const stories = changedStories(this.plan.prd, now.value.prd);
    if (stories.join('\n') === (this.journal.state.changed ?? []).join('\n')) return;
    await this.journal.record('prd.changed', { path: this.plan.prdPath, stories }, { severity: 'warn' });
  }
}
