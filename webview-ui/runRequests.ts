import type { IntentName } from '../src/events/catalogue.js';
import type { ClientFrame, HubFrame } from '../src/events/frames.js';
import type { Clock } from '../src/primitives/clock.js';
import type { RunState } from '../src/state/runState.js';
import { intentText } from '../src/state/statusText.js';

/** How long the hub may take to answer, milliseconds. */
export const ANSWER_MS = 10_000;

interface Request {
  readonly id: number;
  readonly intent: IntentName;
  readonly runId: string;
  /** The run's answer-relevant state when the user asked; once it differs, the request has shown its effect. */
  readonly before: string;
  readonly timer: Disposable;
}

/** What the user asked runs to do and has not seen happen yet: asked → accepted by the hub → visible in the run. */
export class RunRequests {
  readonly #open = new Map<string, Request>();
  #lastId = 0;
  /** Why the last request, or something the host did, failed. */
  error: string | undefined;

  constructor(
    readonly send: (frame: ClientFrame) => void,
    readonly clock: Clock,
    readonly changed: () => void,
  ) {}

  /** The intent that waits for `runId`, if any. */
  pending(runId: string): IntentName | undefined {
    return this.#open.get(runId)?.intent;
  }

  ask(intent: IntentName, run: RunState): void {
    const id = ++this.#lastId;
    this.#close(run.id);
    this.error = undefined;
    const timer = this.clock.after(ANSWER_MS, () => {
      this.#fail(run.id, `No answer to “${intentText(intent).label}” yet. It may still take effect.`);
    });
    this.#open.set(run.id, { id, intent, runId: run.id, before: visibleState(run), timer });
    this.send({ op: `run.${intent}`, id, run_id: run.id });
    this.changed();
  }

  /** Takes the hub's answers; other frames' ids are none of ours. */
  answer(frame: Extract<HubFrame, { op: 'ok' | 'error' }>): void {
    const request = [...this.#open.values()].find(({ id }) => id === frame.id);
    if (frame.op === 'ok') {
      request?.timer[Symbol.dispose]();
      return;
    }
    if (request) this.#fail(request.runId, `${intentText(request.intent).label} failed: ${frame.message}`);
    else this.error = frame.message;
    this.changed();
  }

  /** Forgets a request once its run shows an effect. */
  settle(run: RunState): void {
    const request = this.#open.get(run.id);
    if (request && request.before !== visibleState(run)) this.#close(run.id);
  }

  dismiss(): void {
    this.error = undefined;
    this.changed();
  }

  #fail(runId: string, message: string): void {
    this.#close(runId);
    this.error = message;
    this.changed();
  }

  #close(runId: string): void {
    this.#open.get(runId)?.timer[Symbol.dispose]();
    this.#open.delete(runId);
  }
}

const visibleState = (run: RunState): string => `${run.status} ${run.requested ?? ''} ${run.term}`;
