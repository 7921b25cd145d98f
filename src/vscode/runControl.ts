import path from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../primitives/clock.js';
import { err, ok, type Result } from '../primitives/result.js';
import { dropIntent } from '../session/inbox.js';
import { objection, possibleIntents, takesIntent, type Wish } from '../state/possibleIntents.js';
import type { RunState } from '../state/runState.js';
import type { RunProjects } from './runProjects.js';
import type { RunStore } from './runStore.js';
import type { RunStarter } from './startRun.js';

/** `now`: a pause that does not wait for the attempts that run. */
export type RunWish = Wish & { readonly now?: boolean | undefined };

/** What a person asks of a run, from a command or from the dashboard. */
export class RunControl {
  constructor(
    private readonly store: RunStore,
    private readonly projects: RunProjects,
    private readonly starter: RunStarter,
    private readonly clock: Clock,
  ) {}

  /** Answers the intent's id, or an empty one where a new coordinator was started instead. The error is for people. */
  async request(run: RunState, wish: RunWish): Promise<Result<string, string>> {
    const { intent } = wish;
    const status = this.store.statusOf(run);
    if (!takesIntent(run, status, intent, this.store.runs)) {
      if (intent !== 'resume') return err(`The run is ${status}; nobody executes it.`);
      const isPossible = possibleIntents(run, status, this.store.runs).includes('resume');
      return isPossible ? this.#takeUp(run) : err(`The run is ${status}, and cannot be taken up again.`);
    }
    const why = objection(run, wish);
    if (why !== undefined) return err(why);
    const project = await this.projects.of(run);
    if (!project) return err('This run is not executed on this machine.');
    return ok(await dropIntent(project.run(run.id), { ...wish, by: 'VS Code' }, this.clock.now()));
  }

  async #takeUp({ root, path: prd }: RunState): Promise<Result<string, string>> {
    if (root === undefined || prd === undefined) return err('It is not known which file this run is of.');
    await this.starter.launch(vscode.Uri.file(path.join(root, prd)), 'resume');
    return ok('');
  }
}
