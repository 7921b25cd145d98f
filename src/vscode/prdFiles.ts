import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import { parsePrd } from '../prd/parsePrd.js';
import type { Prd, PrdProblem } from '../prd/prd.js';
import type { Logger } from '../primitives/logger.js';

const include = '**/{prd.json,*.prd.json}';
const exclude = '**/{node_modules,.git,.storyloop,dist,out}/**';
/** The same for a file that the watcher saw: a run's worktrees have PRD files too. */
const excluded = /\/(node_modules|\.git|\.storyloop|dist|out)\//;

/** Changes that come closer together, as while somebody types, are read once; milliseconds. */
const settleMs = 200;

/** A PRD file of the workspace as it reads now, unsaved changes included. */
export interface PrdFile {
  readonly uri: vscode.Uri;
  /** Its path without symlinks: how runs name it. */
  readonly path: string;
  /** Undefined when it has an error. */
  readonly prd: Prd | undefined;
  readonly problems: readonly PrdProblem[];
}

/** The PRD files of this window, kept up to date; their problems are shown at their line and column. */
export class PrdFiles implements vscode.Disposable {
  readonly #files = new Map<string, PrdFile>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #diagnostics = vscode.languages.createDiagnosticCollection('storyloop');
  readonly #watching: vscode.Disposable[] = [];
  readonly #edits = new Map<string, NodeJS.Timeout>();
  readonly onDidChange = this.#changed.event;

  constructor(private readonly logger: Logger) {}

  /** Looks through the workspace and follows it from then on. Not before the workspace is trusted. */
  async open(): Promise<void> {
    const search = (uri: vscode.Uri) => {
      if (!excluded.test(uri.path)) void this.search();
    };
    const watcher = vscode.workspace.createFileSystemWatcher(include);
    this.#watching.push(
      watcher,
      watcher.onDidCreate(search),
      watcher.onDidDelete(search),
      watcher.onDidChange((uri) => {
        this.#reloadSoon(uri);
      }),
      vscode.workspace.onDidChangeWorkspaceFolders(() => void this.search()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#reloadSoon(document.uri);
      }),
    );
    await this.search();
  }

  /** Nearest to the root first; there `prd.json` itself before others. */
  get all(): PrdFile[] {
    const rank = ({ path }: vscode.Uri) => 2 * path.split('/').length - (path.endsWith('/prd.json') ? 1 : 0);
    return [...this.#files.values()].sort((a, b) => rank(a.uri) - rank(b.uri) || a.path.localeCompare(b.path));
  }

  /** Looks through the workspace. */
  async search(): Promise<void> {
    const found = await vscode.workspace.findFiles(include, exclude, 100);
    const keys = new Set(found.map(String));
    for (const [key, file] of this.#files) {
      if (keys.has(key)) continue;
      this.#files.delete(key);
      this.#diagnostics.delete(file.uri);
    }
    await Promise.all(found.map((uri) => this.#load(uri)));
    this.#changed.fire();
  }

  /** The file as it reads now; undefined when it cannot be read. */
  async read(uri: vscode.Uri): Promise<PrdFile | undefined> {
    const text = await this.#text(uri);
    if (text === undefined) return undefined;
    const path = await realpath(uri.fsPath).catch(() => uri.fsPath);
    const parsed = parsePrd(text);
    return parsed.ok
      ? { uri, path, prd: parsed.value.prd, problems: parsed.value.warnings }
      : { uri, path, prd: undefined, problems: parsed.error };
  }

  async #load(uri: vscode.Uri): Promise<void> {
    const file = await this.read(uri);
    if (!file) return;
    this.#files.set(uri.toString(), file);
    this.#diagnostics.set(uri, file.problems.map(diagnostic));
  }

  async #text(uri: vscode.Uri): Promise<string | undefined> {
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open) return open.getText();
    try {
      return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
    } catch (error) {
      this.logger.warn(`Cannot read ${uri.fsPath}: ${String(error)}`);
      return undefined;
    }
  }

  #reloadSoon(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.#files.has(key)) return;
    clearTimeout(this.#edits.get(key));
    this.#edits.set(
      key,
      setTimeout(() => {
        this.#edits.delete(key);
        void this.#load(uri).then(() => {
          this.#changed.fire();
        });
      }, settleMs),
    );
  }

  dispose(): void {
    for (const timer of this.#edits.values()) clearTimeout(timer);
    for (const subscription of this.#watching) subscription.dispose();
    this.#diagnostics.dispose();
    this.#changed.dispose();
  }
}

/** Where a problem stands in its file. */
export function positionOf(problem: PrdProblem): vscode.Position {
  return new vscode.Position(Math.max(0, problem.line - 1), Math.max(0, problem.column - 1));
}

function diagnostic(problem: PrdProblem): vscode.Diagnostic {
  const at = positionOf(problem);
  const shown = new vscode.Diagnostic(
    new vscode.Range(at, at.translate(0, 1)),
    problem.message,
    problem.severity === 'error' ? vscode.DiagnosticSeverity.Error : vscode.DiagnosticSeverity.Warning,
  );
  shown.source = 'Storyloop';
  return shown;
}
