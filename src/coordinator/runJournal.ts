import type { EventData, EventType } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { JournalWriter } from '../journal/journalWriter.js';
import type { AppendFailure } from '../records/appender.js';
import { emptyRun, fold } from '../state/fold.js';
import type { RunState } from '../state/runState.js';

/** The journal cannot be written any more, so nothing may be done any more. Caught in one place, where the run ends. */
export class JournalLost extends Error {
  constructor(readonly failure: AppendFailure) {
    super(failure.message);
  }
}

export interface RunJournalListener {
  /** Every event once it is durable and folded (transient ones at once). */
  onEvent(event: Envelope, state: RunState): void;
  /** At once when the journal is lost, so that what runs at that moment is stopped. */
  onLost(failure: AppendFailure): void;
}

/** The coordinator's hand on its journal: records an event, waits for the disk, folds it. The state is what is on disk. */
export class RunJournal {
  #state: RunState | undefined;

  /** `before`: the events of older terms, folded; undefined for a fresh run. */
  constructor(
    readonly writer: JournalWriter,
    before: RunState | undefined,
    readonly listener: RunJournalListener,
  ) {
    this.#state = before;
    writer.onEvent.add((event) => {
      const state = (this.#state ??= emptyRun(event, false));
      fold(state, event);
      listener.onEvent(event, state);
    });
  }

  /** The fold of everything recorded; there is something once prd.started is. */
  get state(): RunState {
    if (!this.#state) throw new Error('Internal error: nothing was recorded yet');
    return this.#state;
  }

  /** @throws JournalLost */
  async record<T extends EventType>(
    type: T,
    data: EventData<T>,
    about?: { readonly storyId?: string; readonly severity?: NonNullable<Envelope['severity']> },
  ): Promise<void> {
    const appended = await this.writer.append(type, data, about);
    if (!appended.ok) {
      this.listener.onLost(appended.error);
      throw new JournalLost(appended.error);
    }
  }

  /** Output of a running command, for whoever watches. */
  progress(storyId: string, command: string, taskId: string, message: string): void {
    this.writer.tell('command.progress', { story_key: storyId, command, task_id: taskId, message }, { storyId });
  }
}
