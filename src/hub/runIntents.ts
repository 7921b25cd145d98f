import { supportedIntent, type IntentName } from '../events/catalogue.js';
import type { ErrorCode } from '../events/frames.js';
import type { Clock } from '../primitives/clock.js';
import { err, ok, type Result } from '../primitives/result.js';
import { dropIntent } from '../session/inbox.js';
import { ProjectPaths } from '../session/paths.js';
import type { Project } from '../session/projects.js';
import type { HubState } from '../state/hubState.js';
import { shownStatus } from '../state/liveness.js';
import { isLive } from '../state/selectors.js';
import type { RunLiveness } from './runLiveness.js';

export interface IntentRequest {
  readonly run_id: string;
  readonly story_id?: string | undefined;
  readonly ac_index?: number | undefined;
}

export interface IntentRefusal {
  readonly code: Extract<ErrorCode, 'UNKNOWN_RUN' | 'PROJECT_NOT_FOUND' | 'NOT_SUPPORTED' | 'NOT_EXECUTED'>;
  readonly message: string;
}

/** Carries clients' wishes into the inboxes of runs; the run itself decides what becomes of them. */
export class RunIntents {
  constructor(
    private readonly state: HubState,
    private readonly projectOf: (id: string) => Project | undefined,
    private readonly liveness: Pick<RunLiveness, 'interrupted'>,
    private readonly clock: Clock,
  ) {}

  /** Answers the intent's id. Only a run with a journal in a known project has an inbox. */
  async request(intent: IntentName, request: IntentRequest, by: string): Promise<Result<string, IntentRefusal>> {
    const { run_id: runId, story_id: storyId, ac_index: acIndex } = request;
    const run = this.state.runs.get(runId);
    if (!run || run.external) return err({ code: 'UNKNOWN_RUN', message: `No run "${runId}" is known here` });
    const project = this.projectOf(run.project);
    if (!project) {
      return err({ code: 'PROJECT_NOT_FOUND', message: `The project of run "${runId}" is not known here any more` });
    }
    if (!supportedIntent.safeParse(intent).success) {
      return err({ code: 'NOT_SUPPORTED', message: `A run cannot be asked to "${intent}" yet` });
    }
    // It would be read by whoever takes the run up again, who was not meant.
    const status = shownStatus(run, this.liveness.interrupted);
    if (!isLive({ status })) {
      return err({ code: 'NOT_EXECUTED', message: `Run "${runId}" is ${status}; nobody executes it` });
    }
    const wish = {
      intent,
      by,
      ...(storyId === undefined ? {} : { story_id: storyId }),
      ...(acIndex === undefined ? {} : { ac_index: acIndex }),
    };
    return ok(await dropIntent(new ProjectPaths(project.common_dir).run(runId), wish, this.clock.now()));
  }
}
