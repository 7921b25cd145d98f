import path from 'node:path';
import * as vscode from 'vscode';
import type { IntentName } from '../events/catalogue.js';
import type { Clock } from '../primitives/clock.js';
import { err, ok, type Result } from '../primitives/result.js';
import { dropIntent } from '../session/inbox.js';
import { isLive } from '../state/selectors.js';
import type { RunState } from '../state/runState.js';
import type { RunProjects } from './runProjects.js';
import type { RunStarter } from './startRun.js';
import type { WindowRun } from './windowRun.js';

export interface RunRequest {
  readonly intent: IntentName;
  readonly story_id?: string | undefined;
  readonly ac_index?: number | undefined;
}

/** Wishes that have a command of their own. */
export type CommandIntent = Extract<IntentName, 'pause' | 'resume' | 'stop'>;

/** What a person asks of a run, from a command or from the dashboard. */
export class RunControl {
  constructor(
    private readonly window: WindowRun,
    private readonly projects: RunProjects,
    private readonly starter: RunStarter,
    private readonly clock: Clock,
  ) {}

  /** Answers the intent's id, or an empty one where a new coordinator was started instead. The error is for people. */
  async request(run: RunState, request: RunRequest): Promise<Result<string, string>> {
    const isExecuted = isLive(run) && this.window.statusOf(run) !== 'interrupted';
    if (!isExecuted && request.intent === 'resume') return this.#takeUp(run);
    if (!isExecuted) return err(`The run is ${this.window.statusOf(run)}; nobody executes it.`);
    const project = await this.projects.of(run);
    if (!project) return err('This run is not executed on this machine.');
    const { intent, story_id, ac_index } = request;
    const about = { ...(story_id !== undefined && { story_id }), ...(ac_index !== undefined && { ac_index }) };
    return ok(await dropIntent(project.run(run.id), { intent, by: 'VS Code', ...about }, this.clock.now()));
  }

  async #takeUp({ root, path: prd }: RunState): Promise<Result<string, string>> {
    if (root === undefined || prd === undefined) return err('It is not known which file this run is of.');
    await this.starter.launch(vscode.Uri.file(path.join(root, prd)), 'resume');
    return ok('');
  }
}
