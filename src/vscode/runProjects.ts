import { ProjectPaths, type UserPaths } from '../session/paths.js';
import type { RunState } from '../state/runState.js';

/** Finds a run's files by the project that its events name. */
export class RunProjects {
  readonly #known = new Map<string, ProjectPaths>();

  constructor(private readonly user: UserPaths) {}

  /** Undefined for an external run, and for a project of which this machine knows nothing (any more). */
  async of(run: RunState): Promise<ProjectPaths | undefined> {
    if (run.external) return undefined;
    if (!this.#known.has(run.project)) {
      // Loaded on first use: activation does not pay for it.
      const { listProjects } = await import('../session/projects.js');
      for (const { id, common_dir: commonDir } of await listProjects(this.user)) {
        this.#known.set(id, new ProjectPaths(commonDir));
      }
    }
    return this.#known.get(run.project);
  }

  /** Process id of the coordinator that executes the run, when it is alive. */
  async coordinatorOf(run: RunState): Promise<number | undefined> {
    const project = await this.of(run);
    if (!project) return undefined;
    const { executorOf } = await import('../session/ownership.js');
    return (await executorOf(project, run.prdId, run.id))?.pid;
  }
}
