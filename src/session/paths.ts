import os from 'node:os';
import path from 'node:path';

/** Every path under a project's state folder, `<git common dir>/storyloop`. */
export class ProjectPaths {
  readonly state: string;

  constructor(readonly commonDir: string) {
    this.state = path.join(commonDir, 'storyloop');
  }

  get locks(): string {
    return path.join(this.state, 'locks');
  }

  /** What people and older tools see; safety comes from {@link terms}. */
  lock(prdId: string): string {
    return path.join(this.locks, `${prdId}.lock`);
  }

  terms(prdId: string): string {
    return path.join(this.state, 'terms', prdId);
  }

  /** Tickets of the processes that want to do something of which there is one at a time in the repository. */
  turns(of: string): string {
    return path.join(this.state, 'turns', of);
  }

  get runs(): string {
    return path.join(this.state, 'runs');
  }

  run(runId: string): RunPaths {
    return new RunPaths(path.join(this.runs, runId));
  }
}

/** Every path under one run's folder. */
export class RunPaths {
  constructor(readonly dir: string) {}

  journal(term: number): string {
    return path.join(this.dir, `journal-${term}.jsonl`);
  }

  /** Transient events of a term: told to who listens, never replayed. */
  live(term: number): string {
    return path.join(this.dir, `live-${term}.jsonl`);
  }

  /** Takes up room, for the journal's last words on a full disk. */
  get reserve(): string {
    return path.join(this.dir, 'reserve');
  }

  get inbox(): string {
    return path.join(this.dir, 'inbox');
  }

  prompt(storyId: string, attempt: number): string {
    return path.join(this.dir, 'prompts', `${storyId}-${attempt}.md`);
  }

  /** What the reviewer of an attempt was told. */
  reviewPrompt(storyId: string, attempt: number): string {
    return path.join(this.dir, 'prompts', `${storyId}-${attempt}-review.md`);
  }

  /** What the agent of an attempt said. */
  transcript(storyId: string, attempt: number): string {
    return this.output(storyId, attempt, 'agent');
  }

  /** Whole output of one command of an attempt: the agent, or a gate. */
  output(storyId: string, attempt: number, command: string): string {
    return path.join(this.dir, 'output', `${storyId}-${attempt}-${command}.log`);
  }

  /** What is needed for a moment only; emptied at the start of each term. */
  get scratch(): string {
    return path.join(this.dir, 'scratch');
  }

  /** What git's settings were before the first agent. */
  get gitSettings(): string {
    return path.join(this.dir, 'git-settings.json');
  }

  /** Bytes of the PRD file that a write-back replaced. */
  replacedPrd(storyId: string): string {
    return path.join(this.dir, 'replaced', `${storyId}.prd`);
  }
}

/** Every path under a user's state folder: `$STORYLOOP_HOME`, else `~/.storyloop`. */
export class UserPaths {
  constructor(readonly home: string = process.env['STORYLOOP_HOME'] || path.join(os.homedir(), '.storyloop')) {}

  get hub(): string {
    return path.join(this.home, 'hub');
  }
  get discovery(): string {
    return path.join(this.hub, 'hub.json');
  }
  get token(): string {
    return path.join(this.hub, 'token');
  }
  /** The port of the last hub, so that the next one can be found in the same place. */
  get hubPort(): string {
    return path.join(this.hub, 'port');
  }
  get hubLock(): string {
    return path.join(this.hub, 'hub.lock');
  }
  get hubTerms(): string {
    return path.join(this.hub, 'terms');
  }
  get hubLog(): string {
    return path.join(this.hub, 'log');
  }
  /** What the hub tells of itself, for people; `hubLog` holds the events. */
  get hubMessages(): string {
    return path.join(this.home, 'logs', 'hub.jsonl');
  }
  get projects(): string {
    return path.join(this.home, 'projects');
  }
  get tickets(): string {
    return path.join(this.home, 'tickets');
  }
  /** Tickets of the runs that have their turn or wait for it. */
  get queue(): string {
    return path.join(this.home, 'queue');
  }
  get approvals(): string {
    return path.join(this.home, 'approvals');
  }
  get config(): string {
    return path.join(this.home, 'config.json');
  }
}
