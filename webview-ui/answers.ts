import type { ClientFrame, HubFrame } from '../src/events/frames.js';
import { answerText } from '../src/events/question.js';
import type { Clock } from '../src/primitives/clock.js';
import type { ShownStatus } from '../src/state/liveness.js';
import { takesIntent } from '../src/state/possibleIntents.js';
import { openQuestions } from '../src/state/questions.js';
import type { QuestionState, RunState } from '../src/state/runState.js';
import { ANSWER_MS } from './runRequests.js';
import { addressOf, keyOf, type QuestionAddress, type WrittenAnswer } from './writtenAnswer.js';

export interface AnswerState {
  readonly kind: 'written' | 'sending' | 'sent';
  readonly text: string;
  /** Why it was not taken. */
  readonly problem: string | undefined;
}

export interface OpenQuestion {
  readonly question: QuestionState;
  readonly address: QuestionAddress;
}

interface Request {
  readonly id: string;
  readonly timer: Disposable;
  problem?: string;
}

/** Answers that are remembered; the oldest of very many are forgotten. */
const MOST_WRITTEN = 50;

/** How the ids of its requests begin; those of others are numbers. */
const OWN_ID = 'answer-';

/** What a person writes to agents that ask: written → on its way → taken by the hub → visible in the run. */
export class Answers {
  #written: Map<string, WrittenAnswer>;
  readonly #requests = new Map<string, Request>();
  /** Grows with everything but typing, which its text area shows by itself. */
  version = 0;

  constructor(
    readonly send: (frame: ClientFrame) => void,
    readonly clock: Clock,
    readonly changed: () => void,
    /** All that are known. */
    readonly runs: () => Iterable<RunState>,
    written: readonly WrittenAnswer[],
    /** Keeps what is written over a reload of the page: one that is hidden is gone. */
    readonly save: (written: readonly WrittenAnswer[]) => void,
  ) {
    this.#written = new Map(written.map((answer) => [keyOf(answer), answer]));
  }

  of(address: QuestionAddress): AnswerState {
    const key = keyOf(address);
    const { text = '', sent = false } = this.#written.get(key) ?? {};
    const request = this.#requests.get(key);
    const kind = sent ? 'sent' : request && request.problem === undefined ? 'sending' : 'written';
    return { kind, text, problem: request?.problem };
  }

  /** Whether somebody would read an answer: who executes the run, or takes it up again. */
  areRead(run: RunState, status: ShownStatus): boolean {
    return !run.external && takesIntent(run, status, 'answer', this.runs());
  }

  /** The questions of a run that wait for a person. */
  waiting(run: RunState, status: ShownStatus): OpenQuestion[] {
    if (!this.areRead(run, status)) return [];
    return [...run.stories.values()]
      .flatMap((story) =>
        openQuestions(story).map((question) => ({ question, address: addressOf(run, story, question) })),
      )
      .filter(({ address }) => this.of(address).kind !== 'sent');
  }

  write(address: QuestionAddress, text: string): void {
    const key = keyOf(address);
    if (this.#requests.has(key)) {
      this.#close(key);
      this.#show();
    }
    this.#keep({ ...address, text, sent: false });
  }

  answer(address: QuestionAddress): void {
    const { kind, text } = this.of(address);
    const answer = answerText.safeParse(text.trim());
    if (kind !== 'written' || !answer.success) return;
    const key = keyOf(address);
    // No page uses one twice: an answer may come after the page that asked is gone.
    const id = `${OWN_ID}${crypto.randomUUID()}`;
    const timer = this.clock.after(ANSWER_MS, () => {
      this.#fail(key, 'Nobody has taken it yet. It may still take effect.');
    });
    this.#requests.set(key, { id, timer });
    const { run_id, story_id, question_id } = address;
    this.send({ op: 'run.answer', id, run_id, story_id, question_id, answer: answer.data });
    this.#show();
  }

  /** Takes the hub's answer to a request of its own; false: the frame is for somebody else. */
  take(frame: Extract<HubFrame, { op: 'ok' | 'error' }>): boolean {
    if (typeof frame.id !== 'string' || !frame.id.startsWith(OWN_ID)) return false;
    const [key] = [...this.#requests].find(([, { id }]) => id === frame.id) ?? [];
    // Of one that was written anew meanwhile, or that a page before this one sent.
    if (key === undefined) return true;
    if (frame.op === 'error') {
      this.#fail(key, `Answer failed: ${frame.message}`);
      return true;
    }
    this.#close(key);
    const written = this.#written.get(key);
    if (written) this.#keep({ ...written, text: written.text.trim(), sent: true });
    this.#show();
    return true;
  }

  /** Forgets what was written to questions that are open no more. */
  settle(run: RunState): void {
    for (const [key, written] of this.#written) {
      if (written.run_id !== run.id) continue;
      const story = run.stories.get(written.story_id);
      const question = story?.questions?.find(({ id }) => id === written.question_id);
      // A hub that reads its journals anew comes to the question later.
      if (!story || !question || openQuestions(story).includes(question)) continue;
      this.#close(key);
      this.#written.delete(key);
      this.#saveAll();
      this.#show();
    }
  }

  #keep(written: WrittenAnswer): void {
    const key = keyOf(written);
    this.#written.delete(key);
    this.#written = new Map([...[...this.#written].slice(1 - MOST_WRITTEN), [key, written]]);
    this.#saveAll();
  }

  #saveAll(): void {
    this.save([...this.#written.values()].filter(({ text }) => text !== ''));
  }

  #fail(key: string, problem: string): void {
    const request = this.#requests.get(key);
    if (!request) return;
    request.timer[Symbol.dispose]();
    request.problem = problem;
    this.#show();
  }

  #close(key: string): void {
    this.#requests.get(key)?.timer[Symbol.dispose]();
    this.#requests.delete(key);
  }

  #show(): void {
    this.version += 1;
    this.changed();
  }
}
