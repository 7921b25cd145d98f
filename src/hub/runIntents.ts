import type * as z from 'zod';
import type { IntentName } from '../events/catalogue.js';
import type { ErrorCode, runIntent } from '../events/frames.js';
import type { Clock } from '../primitives/clock.js';
import { err, ok, type Result } from '../primitives/result.js';
import { dropIntent } from '../session/inbox.js';
import { ProjectPaths } from '../session/paths.js';
import type { Project } from '../session/projects.js';
import type { HubState } from '../state/hubState.js';
import { shownStatus } from '../state/liveness.js';
import { objection, takesIntent } from '../state/possibleIntents.js';
import type { RunLiveness } from './runLiveness.js';

export type IntentRequest = z.infer<typeof runIntent>;

export interface IntentRefusal {
  readonly code: Extract<ErrorCode, 'UNKNOWN_RUN' | 'PROJECT_NOT_FOUND' | 'NOT_POSSIBLE' | 'NOT_EXECUTED'>;
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
    const { run_id: runId, ...about } = request;
    const run = this.state.runs.get(runId);
    if (!run || run.external) return err({ code: 'UNKNOWN_RUN', message: `No run "${runId}" is known here` });
    const project = this.projectOf(run.project);
    if (!project) {
      return err({ code: 'PROJECT_NOT_FOUND', message: `The project of run "${runId}" is not known here any more` });
    }
    // It would be read by whoever takes the run up again, who was not meant; only an answer is.
    const status = shownStatus(run, this.liveness.interrupted);
    if (!takesIntent(run, status, intent, this.state.runs.values())) {
      return err({ code: 'NOT_EXECUTED', message: `Run "${runId}" is ${status}; nobody executes it` });
    }
    const why = objection(run, { intent, ...about });
    if (why !== undefined) return err({ code: 'NOT_POSSIBLE', message: why });
    const wish = { intent, by, ...about };
    return ok(await dropIntent(new ProjectPaths(project.common_dir).run(runId), wish, this.clock.now()));
  }
}
