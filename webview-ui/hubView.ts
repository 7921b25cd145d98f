import { isTransient, type IntentName } from '../src/events/catalogue.js';
import { isKnown, type Envelope } from '../src/events/envelope.js';
import { emptyHub, foldHub, runOf, type HubState } from '../src/state/hubState.js';
import { shownStatus, toldInterrupted, type InterruptedRuns, type ShownStatus } from '../src/state/liveness.js';
import { possibleIntents } from '../src/state/possibleIntents.js';
import type { RunState } from '../src/state/runState.js';
import { isLive } from '../src/state/selectors.js';
import { restoreHub, type HubSnapshot } from '../src/state/snapshot.js';
import { eventLine, type EventLine } from '../src/state/eventLine.js';
import type { HostFrame } from './host.js';
import { appendOutput } from '../src/state/outputText.js';

/** One event in the list of live events. */
export interface FeedEntry {
  /** Place in the order of arrival. */
  readonly place: number;
  readonly event: Envelope;
  readonly line: EventLine;
}

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'lost'; readonly message: string | undefined };

/** Events that are kept per run. */
export const FEED_LENGTH = 500;

/**
 * The hub's state as this page knows it: the fold of the frames it got, the last events, and what running commands say.
 * The fold changes its objects in place, so each has a version that grows when it is touched; views compare that.
 */
export class HubView {
  #hub: HubState = emptyHub();
  readonly #versions = new WeakMap<object, number>();
  readonly #feeds = new Map<string, FeedEntry[]>();
  readonly #outputs = new Map<string, string>();
  #interrupted: InterruptedRuns = new Set();
  #arrived = 0;
  #folders: readonly string[] | undefined;
  connection: Connection = { kind: 'connecting' };

  get runs(): ReadonlyMap<string, RunState> {
    return this.#hub.runs;
  }

  statusOf(run: RunState): ShownStatus {
    return shownStatus(run, this.#interrupted);
  }

  possibleIntents(run: RunState): readonly IntentName[] {
    return possibleIntents(run, this.statusOf(run), this.runs.values());
  }

  /** Grows when `part`, a run or a story, is touched. */
  version(part: object): number {
    return this.#versions.get(part) ?? 0;
  }

  /** Oldest first, at most {@link FEED_LENGTH}. */
  feed(runId: string): readonly FeedEntry[] {
    return this.#feeds.get(runId) ?? [];
  }

  /** What a running command has said lately. */
  output(runId: string, taskId: string): string {
    return this.#outputs.get(outputKey(runId, taskId)) ?? '';
  }

  /** Whether a run belongs to the window around the page; where there is no window, every run does. */
  isOfWindow({ root }: RunState): boolean {
    return this.#folders === undefined || (root !== undefined && this.#folders.some((folder) => overlap(folder, root)));
  }

  /** All runs: the window's before others, the newest first. */
  sortedRuns(): RunState[] {
    return [...this.runs.values()].sort(
      (a, b) =>
        Number(this.isOfWindow(b)) - Number(this.isOfWindow(a)) || Date.parse(b.startedAt) - Date.parse(a.startedAt),
    );
  }

  /** The run to show when nobody picked one: the window's before others, then live before over, ours before external, the newest. */
  newestRun(): RunState | undefined {
    return [...this.runs.values()].sort(
      (a, b) =>
        Number(this.isOfWindow(b)) - Number(this.isOfWindow(a)) ||
        Number(this.#goesOn(b)) - Number(this.#goesOn(a)) ||
        Number(a.external) - Number(b.external) ||
        Date.parse(b.startedAt) - Date.parse(a.startedAt),
    )[0];
  }

  #goesOn(run: RunState): boolean {
    return isLive({ status: this.statusOf(run) });
  }

  /** Takes a frame. Answers to requests are not its business; what a newer host says beyond that is ignored. */
  take(frame: HostFrame): void {
    switch (frame.op) {
      case 'init':
        this.#folders = frame.folders;
        this.#restore(frame.state);
        for (const event of frame.events) this.#addToFeed(runOf(event), event);
        return;
      case 'reset':
        this.#restore(frame.state);
        return;
      case 'event':
        this.#fold(frame.event);
        return;
      case 'events':
        for (const { event } of frame.events) this.#fold(event);
        return;
      case 'disconnected':
        this.connection = { kind: 'lost', message: frame.message };
        return;
      case 'resumed':
        this.connection = { kind: 'connected' };
        return;
      case 'connected':
      case 'select':
      case 'pong':
      case 'ok':
      case 'error':
        return;
    }
  }

  #restore(state: HubSnapshot): void {
    this.#hub = restoreHub(state);
    this.#interrupted = new Set(state.interrupted);
    this.#feeds.clear();
    this.#outputs.clear();
    this.connection = { kind: 'connected' };
  }

  #fold(event: Envelope): void {
    const interrupted = toldInterrupted(event);
    if (interrupted) {
      this.#interrupt(interrupted);
      return;
    }
    const { run: whole, runId, story: storyId } = foldHub(this.#hub, event);
    const run = runId === undefined ? undefined : this.#hub.runs.get(runId);
    if (!run) return;
    const story = storyId === undefined ? undefined : run.stories.get(storyId);
    if (story) this.#touch(story);
    else if (whole) this.#touch(run);
    this.#listen(run, event);
    this.#addToFeed(run.id, event);
  }

  #interrupt(interrupted: InterruptedRuns): void {
    const before = this.#interrupted;
    this.#interrupted = interrupted;
    for (const run of this.runs.values()) if (before.has(run.id) !== interrupted.has(run.id)) this.#touch(run);
  }

  #listen(run: RunState, event: Envelope): void {
    if (!isKnown(event)) return;
    if (event.type === 'command.ended') this.#outputs.delete(outputKey(run.id, event.data.task_id));
    if (event.type !== 'command.progress') return;
    const { task_id: taskId, story_key: storyId, message } = event.data;
    const story = run.stories.get(storyId);
    if (!story?.commands.some((command) => command.taskId === taskId)) return;
    const key = outputKey(run.id, taskId);
    this.#outputs.set(key, appendOutput(this.#outputs.get(key) ?? '', message));
    this.#touch(story);
  }

  #addToFeed(runId: string | undefined, event: Envelope): void {
    if (runId === undefined || isTransient(event.type)) return;
    let feed = this.#feeds.get(runId);
    if (!feed) this.#feeds.set(runId, (feed = []));
    feed.push({ place: ++this.#arrived, event, line: eventLine(event) });
    if (feed.length > FEED_LENGTH) feed.shift();
  }

  #touch(part: object): void {
    this.#versions.set(part, this.version(part) + 1);
  }
}

const outputKey = (runId: string, taskId: string): string => `${runId} ${taskId}`;

/** Whether one of two folders is in the other, or both are the same. */
function overlap(a: string, b: string): boolean {
  const [outer, inner] = a.length < b.length ? [a, b] : [b, a];
  return inner === outer || (inner.startsWith(outer) && /[\\/]/.test(inner.slice(outer.length - 1, outer.length + 1)));
}
