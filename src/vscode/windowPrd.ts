import path from 'node:path';
import * as vscode from 'vscode';
import type { Clock } from '../primitives/clock.js';
import type { Prd, Story } from '../prd/prd.js';
import type { RunState, StoryState } from '../state/runState.js';
import { isLive } from '../state/selectors.js';
import type { WorkspaceProblem } from './contributions.js';
import type { PrdFile, PrdFiles } from './prdFiles.js';
import type { WindowRun, WindowRunChange } from './windowRun.js';

const recheckMs = 3_000;

/** The PRD that this window shows: the one of its run, else the first of the workspace that can be read; and what keeps it from running. */
export class WindowPrd implements vscode.Disposable {
  #problem: WorkspaceProblem | undefined;
  #timer: Disposable | undefined;
  #disposed = false;
  readonly #changed = new vscode.EventEmitter<WindowRunChange>();
  readonly #subscriptions: vscode.Disposable[];
  /** Its stories, or the problem, may be different. */
  readonly onDidChange = this.#changed.event;

  constructor(
    private readonly files: PrdFiles,
    private readonly window: WindowRun,
    private readonly clock: Clock,
  ) {
    this.#subscriptions = [
      files.onDidChange(() => void this.refresh()),
      window.onDidChange((change) => {
        this.#changed.fire(change);
      }),
    ];
  }

  get problem(): WorkspaceProblem | undefined {
    return this.#problem;
  }

  get file(): PrdFile | undefined {
    const { all } = this.files;
    return all.find((file) => file.path === this.#pathOfRun) ?? all.find(({ prd }) => prd) ?? all[0];
  }

  get #pathOfRun(): string | undefined {
    const { run } = this.window;
    return run?.root !== undefined && run.path !== undefined ? path.join(run.root, run.path) : undefined;
  }

  /** Whether somebody works on the stories that are said to be in progress. */
  get isExecuted(): boolean {
    const { run, status } = this.window;
    return run !== undefined && isLive(run) && status !== 'interrupted';
  }

  /** The stories with what is known of them. A run that is over gives way to what the file says by now. */
  get stories(): StoryState[] {
    const { run, isPicked } = this.window;
    const prd = this.file?.prd;
    if (run && (isLive(run) || isPicked || !prd)) return [...run.stories.values()];
    if (this.#problem !== undefined || !prd) return [];
    // Stories of another file may have the same names.
    return storiesOf(prd, this.file.path === this.#pathOfRun ? run : undefined);
  }

  /** Looks again at what the file's repository allows. */
  async refresh(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#problem = await this.#findProblem();
    if (this.#disposed) return;
    // git tells nobody when a repository comes to be, or an identity.
    if (this.#problem !== undefined && this.#problem !== 'no-prd' && this.#problem !== 'invalid-prd') {
      this.#timer = this.clock.after(recheckMs, () => void this.refresh());
    }
    this.#changed.fire({ stories: undefined });
  }

  async #findProblem(): Promise<WorkspaceProblem | undefined> {
    const { file } = this;
    if (!file) return 'no-prd';
    if (!file.prd) return 'invalid-prd';
    // Loaded on first use: activation does not pay for git.
    const { openRepository } = await import('../git/repository.js');
    const repository = await openRepository(path.dirname(file.path));
    return repository.ok ? undefined : repository.error.kind;
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.[Symbol.dispose]();
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changed.dispose();
  }
}

/** The PRD's stories in its order, each with its state in `run` unless the file was changed since. */
export function storiesOf(prd: Prd, run: RunState | undefined): StoryState[] {
  return prd.stories.map((story) => {
    const known = run?.stories.get(story.id);
    const reopened = known?.written === true && !story.passes;
    return known && !reopened ? known : plannedStory(story);
  });
}

function plannedStory({ id, title, priority, dependsOn, passes, criteria }: Story): StoryState {
  return {
    id,
    title,
    priority,
    dependsOn,
    status: passes ? 'completed' : 'open',
    criteria: criteria.map(({ index, text }) => ({ index, text, status: 'unproved' })),
    attempts: [],
    gates: [],
    commands: [],
    commits: [],
  };
}
