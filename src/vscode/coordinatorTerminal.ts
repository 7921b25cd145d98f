import * as vscode from 'vscode';
import type { Config } from '../config/config.js';
import type { UserPaths } from '../session/paths.js';
import { writeTicket } from '../session/ticket.js';

export interface Launch {
  /** Absolute path of the PRD file. */
  readonly prd: string;
  /** The repository's root. */
  readonly cwd: string;
  readonly config: Config;
  readonly mode: LaunchMode;
}

/** `auto`: goes on with what is there, else begins; `resume`: only goes on. */
export type LaunchMode = 'auto' | 'resume';

/** A terminal's process ended by itself; exit codes are those of `storyloop run` (see README). */
export interface CoordinatorExit {
  readonly prd: string;
  readonly code: number;
}

/**
 * Starts coordinators, each in a visible terminal of its own: no shell in between, so nothing is quoted and the exit
 * code is the coordinator's. The terminal survives a reload of the window; its ticket makes sure that nothing runs
 * twice when VS Code starts the terminal's command again by itself.
 */
export class CoordinatorTerminals implements vscode.Disposable {
  readonly #started = new Map<vscode.Terminal, string>();
  readonly #exited = new vscode.EventEmitter<CoordinatorExit>();
  readonly onDidExit = this.#exited.event;
  readonly #subscription = vscode.window.onDidCloseTerminal((terminal) => {
    const prd = this.#started.get(terminal);
    this.#started.delete(terminal);
    const { code, reason } = terminal.exitStatus ?? {};
    if (prd !== undefined && code !== undefined && reason === vscode.TerminalExitReason.Process) {
      this.#exited.fire({ prd, code });
    }
  });

  constructor(
    private readonly cli: string,
    private readonly user: UserPaths,
  ) {}

  async launch({ prd, cwd, config, mode }: Launch): Promise<void> {
    this.#closeEnded(prd);
    const ticket = await writeTicket(this.user, { prd, config, mode });
    const terminal = vscode.window.createTerminal({
      name: `Storyloop: ${vscode.workspace.asRelativePath(prd)}`,
      shellPath: process.execPath,
      shellArgs: [this.cli, 'run', prd, '--ticket', ticket],
      env: { ELECTRON_RUN_AS_NODE: '1', STORYLOOP_HOME: this.user.home },
      cwd,
      iconPath: new vscode.ThemeIcon('checklist'),
      isTransient: false,
    });
    this.#started.set(terminal, prd);
    terminal.show(true);
  }

  /** A PRD has one run at a time: an older terminal of it only shows how that run ended. */
  #closeEnded(prd: string): void {
    for (const [terminal, started] of this.#started) {
      if (started !== prd) continue;
      this.#started.delete(terminal);
      terminal.dispose();
    }
  }

  /** Shows the terminal whose process has this id. False when it is not one of this window's. */
  async show(pid: number): Promise<boolean> {
    for (const terminal of vscode.window.terminals) {
      if ((await terminal.processId) !== pid) continue;
      terminal.show();
      return true;
    }
    return false;
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#exited.dispose();
  }
}
