import path from 'node:path';
import * as vscode from 'vscode';
import { version } from '../package.json';
import type { StoryIntentName } from './events/catalogue.js';
import { systemClock } from './primitives/clock.js';
import { UserPaths } from './session/paths.js';
import { ANSWER_KEPT } from './state/questions.js';
import type { RunState } from './state/runState.js';
import { isLive } from './state/selectors.js';
import { openAttemptFile } from './vscode/attemptFiles.js';
import { putOnPath } from './vscode/commandLinePath.js';
import { registerCommands } from './vscode/commands.js';
import { CoordinatorTerminals } from './vscode/coordinatorTerminal.js';
import { DashboardPanel } from './vscode/dashboardPanel.js';
import { HubHost } from './vscode/hubHost.js';
import { Notifications } from './vscode/notifications.js';
import { OutputLogger } from './vscode/outputLogger.js';
import { PrdFiles } from './vscode/prdFiles.js';
import { PrdHold } from './vscode/prdHold.js';
import { pickRunAction, runActions } from './vscode/runActions.js';
import type { RunWish } from './vscode/runControl.js';
import type { StoryNode } from './vscode/storyItems.js';
import { RunProjects } from './vscode/runProjects.js';
import { RunStore } from './vscode/runStore.js';
import { setting } from './vscode/settings.js';
import { StatusBar } from './vscode/statusBar.js';
import { StoriesView } from './vscode/storiesView.js';
import { GitDocuments, openStoryChanges } from './vscode/storyChanges.js';
import { WindowFolders } from './vscode/windowFolders.js';
import { WindowPrd } from './vscode/windowPrd.js';
import { WindowRun } from './vscode/windowRun.js';

let hub: HubHost | undefined;

/** Composition root of the extension host. Registers and returns; what needs the file system comes after it. */
export function activate(context: vscode.ExtensionContext): void {
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const cli = path.join(context.extensionPath, 'dist', 'cli.js');
  const user = new UserPaths();
  const clock = systemClock;
  const logger = own(new OutputLogger());

  const store = own(new RunStore(clock));
  const projects = new RunProjects(user);
  const folders = own(new WindowFolders());
  const window = own(new WindowRun(store, folders));
  const files = own(new PrdFiles(logger));
  const prd = own(new WindowPrd(files, window, clock));

  const terminals = own(new CoordinatorTerminals(cli, user));
  const acting = once(async () => {
    // Loaded when a person acts: activation does not pay for it.
    const { RunStarter } = await import('./vscode/startRun.js');
    const { RunControl } = await import('./vscode/runControl.js');
    const starter = new RunStarter(cli, files, terminals, user, logger);
    return { starter, control: new RunControl(store, projects, starter, clock) };
  });
  const hubHost = new HubHost({ store, user, clock, logger, version, dist: path.dirname(cli) });
  hub = hubHost;

  const dashboard = own(
    new DashboardPanel(
      context.extensionUri,
      store,
      folders,
      async () => (await acting()).control,
      () => {
        startHub();
      },
    ),
  );
  const view = own(new StoriesView(files, prd, window, store));
  own(new StatusBar(prd, window, store));
  own(new PrdHold(window, files, projects, store, context.workspaceState, logger));
  own(GitDocuments.register());

  const startHub = (): void => {
    if (vscode.workspace.isTrusted) hubHost.start();
  };
  const startHubUnasked = (): void => {
    if (setting('hub.autoStart') && (files.all.length > 0 || view.visible)) startHub();
  };
  const request = async (run: RunState | undefined, wish: RunWish): Promise<boolean> => {
    const asked = run && (await (await acting()).control.request(run, wish));
    if (asked?.ok === false) void vscode.window.showErrorMessage(asked.error);
    return asked?.ok === true;
  };
  const ask = async (wish: RunWish): Promise<void> => {
    await request(window.run, wish);
  };
  const answer = async (run: RunState | undefined, wish: RunWish): Promise<void> => {
    if (!run || !(await request(run, wish)) || isLive({ status: store.statusOf(run) })) return;
    const resume = 'Resume';
    if ((await vscode.window.showInformationMessage(ANSWER_KEPT, resume)) === resume) {
      await request(run, { intent: 'resume' });
    }
  };
  own(new Notifications(window, terminals, clock, answer));
  const askOfStory = async (intent: StoryIntentName, node: StoryNode | undefined): Promise<void> => {
    const { run } = window;
    const { storyWish } = await import('./vscode/storyWish.js');
    const wish = await storyWish(run, intent, node);
    if (wish?.intent === 'answer') await answer(run, wish);
    else if (wish) await request(run, wish);
  };
  own(
    registerCommands(
      {
        startRun: async () => {
          startHub();
          await (await acting()).starter.start();
        },
        pauseRun: () => ask({ intent: 'pause' }),
        pauseRunNow: () => ask({ intent: 'pause', now: true }),
        resumeRun: () => ask({ intent: 'resume' }),
        stopRun: () => ask({ intent: 'stop' }),
        retryStory: (node) => askOfStory('retry', node),
        skipStory: (node) => askOfStory('skip', node),
        prioritiseStory: (node) => askOfStory('prioritise', node),
        acceptCriterion: (node) => askOfStory('accept', node),
        answerQuestion: (node) => askOfStory('answer', node),
        openDashboard: () => {
          dashboard.show();
        },
        openDashboardInBrowser: async () => {
          startHub();
          const { openDashboardInBrowser } = await import('./vscode/openInBrowser.js');
          await openDashboardInBrowser(user, clock);
        },
        openStoryChanges: (node) => openStoryChanges(prd.stories, window.run?.root, node),
        showRunActions: () => pickRunAction(runActions(prd, window, store)),
        showRunHistory: async () => {
          startHub();
          // Loaded on first use: what formats its times takes longer to make than all of the activation.
          const { pickRun } = await import('./vscode/runHistory.js');
          const runId = await pickRun(window.history, store);
          if (runId === undefined) return;
          window.pick(runId);
          dashboard.show(runId);
        },
        openPrompt: (node) => openAttemptFile(window.run, 'prompt', node),
        openTranscript: (node) => openAttemptFile(window.run, 'transcript', node),
        mergeResult: async () => {
          const { mergeRunResult } = await import('./vscode/mergeRunResult.js');
          await mergeRunResult(window.run);
        },
        openReview: (node) => openAttemptFile(window.run, 'review', node),
        showTerminal: async () => {
          const pid = window.run && (await projects.coordinatorOf(window.run));
          if (pid === undefined || !(await terminals.show(pid))) {
            void vscode.window.showInformationMessage('The run has no terminal in this window.');
          }
        },
        showLog: () => {
          logger.show();
        },
      },
      logger,
    ),
  );

  const begin = async (): Promise<void> => {
    await files.open();
    startHubUnasked();
    await putOnPath(context, cli);
  };
  const beginAndLog = (): void => {
    begin().catch((error: unknown) => {
      logger.error(`The extension could not begin: ${error instanceof Error ? (error.stack ?? '') : String(error)}`);
    });
  };
  own(files.onDidChange(startHubUnasked));
  own(view.onDidChangeVisibility(startHubUnasked));
  if (vscode.workspace.isTrusted) beginAndLog();
  else own(vscode.workspace.onDidGrantWorkspaceTrust(beginAndLog));
}

/** Makes something when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** VS Code waits for it, a few seconds at most: the hub says goodbye to its clients and gives its place free. */
export async function deactivate(): Promise<void> {
  await hub?.[Symbol.asyncDispose]();
}
