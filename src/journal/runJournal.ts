import type { EventData, EventType } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { JournalWriter } from './journalWriter.js';
import type { AppendFailure } from '../records/appender.js';
import { isDiskFull } from '../records/durability.js';
import { emptyRun, fold } from '../state/fold.js';
import type { RunState, StoryState } from '../state/runState.js';
import type { DiskRoom } from './diskRoom.js';

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
  #waiting: Promise<void> | undefined;
  #pauses = 0;

  /** `before`: the events of older terms, folded; undefined for a fresh run. */
  constructor(
    readonly writer: JournalWriter,
    before: RunState | undefined,
    readonly listener: RunJournalListener,
    readonly room: DiskRoom,
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

  /** One of the run's stories. */
  story(id: string): StoryState {
    const story = this.state.stories.get(id);
    if (!story) throw new Error(`Internal error: ${id} is not in the run`);
    return story;
  }

  /** How often the run had to wait for room on its disk. */
  get pausesForRoom(): number {
    return this.#pauses;
  }

  /**
   * Resolves when the event is on disk; on a full one the run is paused until there is room.
   *
   * @throws JournalLost
   */
  async record<T extends EventType>(
    type: T,
    data: EventData<T>,
    about?: { readonly storyId?: string; readonly severity?: NonNullable<Envelope['severity']> },
  ): Promise<void> {
    for (;;) {
      const appended = await this.writer.append(type, data, about);
      if (appended.ok) return;
      if (appended.error.kind !== 'full' || !(await this.#awaitRoom())) {
        this.listener.onLost(appended.error);
        throw new JournalLost(appended.error);
      }
    }
  }

  /** Waits until the disk has room for another attempt, or the run has to end. */
  async awaitRoom(): Promise<void> {
    if (!(await this.room.isThere())) await this.#awaitRoom();
  }

  /** Does something that writes to the disk, again when that was full. Each try must do all of it. */
  async withRoom<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action();
      } catch (error) {
        if (!isDiskFull(error) || !(await this.#awaitRoom())) throw error;
      }
    }
  }

  /** Output of a running command, for whoever watches. */
  progress(storyId: string, command: string, taskId: string, message: string): void {
    this.writer.tell('command.progress', { story_key: storyId, command, task_id: taskId, message }, { storyId });
  }

  /** One wait for all who need room. False when there was no point in trying again. */
  async #awaitRoom(): Promise<boolean> {
    if (this.room.isGivenUp) return false;
    this.#waiting ??= this.#pauseForRoom().finally(() => {
      this.#waiting = undefined;
    });
    await this.#waiting;
    return true;
  }

  /** The reserve that is let go has room for saying why the run stands still; everybody sees it as any other pause. */
  async #pauseForRoom(): Promise<void> {
    this.#pauses += 1;
    await this.room.letGo();
    const pause = () => this.writer.append('prd.paused', { reason: 'The disk is full' });
    let paused = await pause();
    while (await this.room.isBack()) {
      if (!paused.ok) paused = await pause();
      const resumed = paused.ok ? await this.writer.append('prd.resumed', {}) : paused;
      // Anything else that is wrong with the journal is found by who waits for this.
      if (resumed.ok || resumed.error.kind !== 'full') return;
    }
  }
}
