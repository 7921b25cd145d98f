import * as vscode from 'vscode';
import type { Logger } from '../primitives/logger.js';
import { listLocks } from '../session/ownership.js';
import { ProjectPaths, type UserPaths } from '../session/paths.js';
import { listProjects } from '../session/projects.js';
import type { CoordinatorTerminals, LaunchMode } from './coordinatorTerminal.js';
import { checkLaunch, confirmLaunch, type LaunchSummary } from './launchSummary.js';
import { positionOf, type PrdFile, type PrdFiles } from './prdFiles.js';
import { runConfig } from './runConfig.js';

/** From a person's wish to a coordinator in a terminal; everything that stands in the way is said, with what to do. */
export class RunStarter {
  constructor(
    private readonly cli: string,
    private readonly files: PrdFiles,
    private readonly terminals: CoordinatorTerminals,
    private readonly user: UserPaths,
    private readonly logger: Logger,
  ) {}

  /** Lets a person pick where there are several PRDs. */
  async start(): Promise<void> {
    await this.files.search();
    const file = await this.#pick();
    if (file) await this.launch(file.uri, 'auto');
  }

  async launch(uri: vscode.Uri, mode: LaunchMode): Promise<void> {
    // The coordinator reads the file from disk; what is run is what a person sees.
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open?.isDirty) await open.save();
    const file = await this.files.read(uri);
    if (!file) {
      fail(`There is no PRD file ${uri.fsPath} any more.`);
      return;
    }
    if (!file.prd) {
      showPrdProblem(file);
      return;
    }
    const config = runConfig(uri);
    if (!config.ok) {
      failWithSettings(config.error);
      return;
    }
    const summary = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: 'Storyloop: checking the run' },
      () => checkLaunch(this.cli, file.path, config.value, this.user),
    );
    if (!summary.ok) {
      this.logger.warn(`${file.path} cannot be run: ${summary.error}`);
      failWithSettings(summary.error);
      return;
    }
    if (await this.#runsAlready(summary.value)) return;
    if (!(await confirmLaunch(summary.value, this.user))) return;
    await this.terminals.launch({ prd: file.path, cwd: summary.value.root, config: config.value, mode });
  }

  async #pick(): Promise<PrdFile | undefined> {
    const { all } = this.files;
    if (all.length === 0) {
      fail('There is no PRD in this workspace. Add a file named prd.json, or one that ends in .prd.json.');
      return undefined;
    }
    if (all.length === 1) return all[0];
    const items = all.map((file) => ({
      label: vscode.workspace.asRelativePath(file.uri),
      description: file.prd ? `${file.prd.title}, ${file.prd.stories.length} stories` : 'has problems',
      file,
    }));
    const picked = await vscode.window.showQuickPick(items, { placeHolder: 'PRD to run', matchOnDescription: true });
    return picked?.file;
  }

  /** A PRD has one run at a time: shows the terminal of the one that goes on. */
  async #runsAlready(summary: LaunchSummary): Promise<boolean> {
    const project = (await listProjects(this.user)).find(({ id }) => id === summary.project);
    if (!project) return false;
    const locks = await listLocks(new ProjectPaths(project.common_dir).state);
    const held = locks.find(
      ({ prdId, state }) => prdId === summary.prd_id && (state === 'alive' || state === 'foreign'),
    );
    if (!held) return false;
    if (!(await this.terminals.show(held.holder.pid))) {
      const { role, pid, host, since } = held.holder;
      fail(`This PRD is being run by ${role} (pid ${pid} on ${host}, since ${since}). Stop that run first.`);
    }
    return true;
  }
}

// Notifications are not awaited: they stay until a person closes them.

function fail(message: string): void {
  void vscode.window.showErrorMessage(message);
}

function failWithSettings(message: string): void {
  const action = 'Open settings';
  void vscode.window.showErrorMessage(message, action).then((answer) => {
    if (answer === action) void vscode.commands.executeCommand('workbench.action.openSettings', 'storyloop.');
  });
}

function showPrdProblem({ uri, problems }: PrdFile): void {
  const first = problems.find(({ severity }) => severity === 'error');
  const action = 'Show problem';
  const where = first ? `, line ${first.line}: ${first.message}` : ' cannot be read.';
  void vscode.window
    .showErrorMessage(`${vscode.workspace.asRelativePath(uri)}${where}`, action)
    .then(async (answer) => {
      if (answer !== action) return;
      const at = first ? positionOf(first) : new vscode.Position(0, 0);
      await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at) });
    });
}
