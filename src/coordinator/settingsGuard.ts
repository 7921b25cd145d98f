import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { gitText } from '../git/git.js';
import { changedSettings, programSettings, type ProgramSettings } from '../git/programSettings.js';
import { writeAtomically } from '../session/atomicFile.js';
import type { AttemptFailure } from '../attempt/attemptFailure.js';
import type { RunPlan } from '../plan/plan.js';

/**
 * Looks after each agent whether the repository's git settings still are what they were before the first one: an agent can
 * write there, and git would run what they name, as the user. The first look is in the run's folder, so that a kill in
 * between hides nothing.
 */
export class SettingsGuard {
  #after: ProgramSettings | undefined;

  private constructor(
    private readonly plan: RunPlan,
    private readonly file: string,
    private readonly before: ProgramSettings,
  ) {}

  /** `file`: where what was there at first is kept. */
  static async open(plan: RunPlan, file: string): Promise<SettingsGuard> {
    const kept = await readSettings(file);
    if (kept) return new SettingsGuard(plan, file, kept);
    const now = await programSettings(plan.repository);
    const guard = new SettingsGuard(plan, file, now.ok ? now.value : {});
    await guard.#keep(guard.before);
    return guard;
  }

  /** Why nothing more may be begun here, if that is so. */
  async problem(): Promise<AttemptFailure | undefined> {
    const now = await programSettings(this.plan.repository);
    if (!now.ok) return { reason: 'git-failed', feedback: gitText(now.error) };
    const changed = changedSettings(this.before, now.value);
    if (changed.length === 0) return undefined;
    this.#after = now.value;
    return {
      reason: 'settings-changed',
      feedback: [
        `While agents were at work, the git settings of this repository were changed: ${changed.join(', ')}.`,
        `git may run what they name. Look at ${this.plan.repository.commonDir} (config, hooks, info/attributes).`,
        `When they are as you want them: storyloop run --resume ${this.plan.prdPath}`,
      ].join(' '),
    };
  }

  /** Called when people have been told of the change: whoever takes the run up again has agreed to it. */
  async accept(): Promise<void> {
    if (this.#after) await this.#keep(this.#after);
  }

  #keep(settings: ProgramSettings): Promise<void> {
    return writeAtomically(this.file, JSON.stringify(settings));
  }
}

async function readSettings(file: string): Promise<ProgramSettings | undefined> {
  try {
    return z.record(z.string(), z.string()).safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
