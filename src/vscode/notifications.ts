import * as vscode from 'vscode';
import type { Clock } from '../primitives/clock.js';
import { isLive } from '../state/selectors.js';
import type { QuestionState, RunState } from '../state/runState.js';
import { askedText, openQuestions, waitingText } from '../state/questions.js';
import { resultOf } from '../state/runResult.js';
import { heldText } from '../state/statusText.js';
import { commandIds, focusStories } from './contributions.js';
import type { CoordinatorTerminals } from './coordinatorTerminal.js';
import type { RunWish } from './runControl.js';
import { setting } from './settings.js';
import type { WindowRun } from './windowRun.js';

/** An end that was long ago, and only becomes known now, is no news. */
const newsMs = 60_000;

/** Exit codes of `storyloop run` that come before or without any event (design §5). */
const silentEnds: Readonly<Record<number, string>> = {
  1: 'The run broke off with an internal error.',
  2: 'The run could not start: its request was not accepted.',
  4: 'The run did not start: another run holds this PRD.',
  6: 'The run cannot go on: something that it needs is missing.',
};

/** Buttons that a notification has room for, beside the one for an own answer. */
const MOST_OPTIONS = 3;

/** Tells how a run ended, each end once, and what an agent asks, with what a person can do next. Nothing else is worth a notification. */
export class Notifications implements vscode.Disposable {
  /** Status under which each run was last seen. */
  readonly #seen = new Map<string, string>();
  /** Questions that were told. */
  readonly #asked = new Set<string>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(
    private readonly window: WindowRun,
    terminals: CoordinatorTerminals,
    private readonly clock: Clock,
    private readonly answer: (run: RunState, wish: RunWish) => Promise<void>,
  ) {
    this.#subscriptions = [
      window.onDidChange(({ stories }) => {
        this.#look();
        this.#hear(stories);
      }),
      terminals.onDidExit(({ code }) => {
        const message = silentEnds[code];
        if (message !== undefined) this.#tell(undefined, 'problems', message, ['Check again', commandIds.startRun]);
      }),
    ];
  }

  #look(): void {
    const { run, status } = this.window;
    if (!run || status === undefined || this.#seen.get(run.id) === status) return;
    const isFirst = !this.#seen.has(run.id);
    this.#seen.set(run.id, status);
    if (status === 'interrupted') this.#interrupted(run);
    else if (!isLive(run) && (!isFirst || this.#isNews(run))) this.#ended(run);
  }

  /** What is asked while the run goes on; the end of one that waits tells it, too. */
  #hear(touched: ReadonlySet<string> | undefined): void {
    const { run, status } = this.window;
    if (!run || run.external || status === undefined || !isLive({ status })) return;
    for (const id of touched ?? run.stories.keys()) {
      const story = run.stories.get(id);
      for (const question of story ? openQuestions(story) : []) this.#tellQuestion(run, id, question);
    }
  }

  #tellQuestion(run: RunState, storyId: string, question: QuestionState): void {
    const key = JSON.stringify([run.id, storyId, question.id]);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    if (setting('notifications') === 'none') return;
    const options = (question.options ?? []).slice(0, MOST_OPTIONS);
    const own = 'Answer…';
    // An agent's words make no link.
    const message = askedText({ id: storyId }, { ...question, options: [] }).replaceAll('](', '] (');
    void vscode.window.showInformationMessage(message, ...options, own).then(async (chosen) => {
      if (chosen === undefined) return;
      if (chosen !== own) {
        await this.answer(run, { intent: 'answer', story_id: storyId, question_id: question.id, answer: chosen });
        return;
      }
      this.window.pick(run.id);
      await vscode.commands.executeCommand(commandIds.answerQuestion, { kind: 'story', storyId });
    });
  }

  #isNews({ endedAt }: RunState): boolean {
    return endedAt !== undefined && this.clock.now() - Date.parse(endedAt) < newsMs;
  }

  #interrupted(run: RunState): void {
    const message = `"${run.title}" was interrupted: the process that executed it is gone. What was done is kept.`;
    this.#tell(run, 'problems', message, ['Resume', commandIds.resumeRun]);
  }

  #ended(run: RunState): void {
    const { status, title, counts, statusReason, branch, branchBehind } = run;
    const held = heldText(run);
    const note = held === undefined ? '' : ` ${held}`;
    const merge: [string, string][] = resultOf(run).ok ? [['Merge', commandIds.mergeResult]] : [];
    const done = `${counts.completed} of ${counts.total} stories done`;
    switch (status) {
      case 'completed': {
        const where = branch === undefined ? '' : `, on branch ${branch}`;
        const left =
          branchBehind === undefined ? where : `. The branch ${branch ?? ''} was left alone: ${branchBehind}`;
        this.#tell(run, 'all', `"${title}" is complete: ${done}${left}.${note}`, ...merge, [
          'Open dashboard',
          commandIds.openDashboard,
        ]);
        return;
      }
      case 'failed':
        this.#tell(run, 'problems', `"${title}" ended: ${done}.${note}`, ['Show stories', focusStories], ...merge);
        return;
      case 'stopped': {
        if (waitingText(run) !== undefined) {
          this.#tell(run, 'problems', `"${title}" waits for an answer: ${done}.${note}`, [
            'Answer question',
            commandIds.answerQuestion,
          ]);
          return;
        }
        const reason = statusReason === undefined ? '' : ` (${statusReason})`;
        this.#tell(run, 'all', `"${title}" was stopped${reason}: ${done}.${note}`, ['Resume', commandIds.resumeRun]);
        return;
      }
      // A person gave it up and knows; the others are no ends.
      case 'cancelled':
      case 'queued':
      case 'running':
      case 'paused':
        return;
    }
  }

  /** What is chosen is done with the run that was told of, whichever the window shows by then. */
  #tell(
    run: RunState | undefined,
    kind: 'all' | 'problems',
    message: string,
    ...actions: readonly [label: string, command: string][]
  ): void {
    const wanted = setting('notifications');
    if (wanted === 'none' || (wanted === 'problems' && kind === 'all')) return;
    const show = kind === 'all' ? vscode.window.showInformationMessage : vscode.window.showWarningMessage;
    void show(message, ...actions.map(([label]) => label)).then((answer) => {
      const chosen = actions.find(([label]) => label === answer);
      if (!chosen) return;
      if (run) this.window.pick(run.id);
      void vscode.commands.executeCommand(chosen[1]);
    });
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}
