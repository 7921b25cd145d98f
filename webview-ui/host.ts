import type { ClientFrame, HubFrame } from '../src/events/frames.js';
import type { HubSnapshot } from '../src/state/snapshot.js';
import type { ViewState } from './viewState.js';

type Init = Extract<HubFrame<HubSnapshot>, { op: 'init' }>;

/**
 * What a host delivers: the hub's frames, and word of a lost connection. The next `init` says that it is back, or
 * `resumed`, after which come the events that were missed. `folders` are those of the window around the page, if there is
 * one: their runs come first; `select` is the run that its user chose there.
 */
export type HostFrame =
  | (Init & { readonly folders?: readonly string[] })
  | Exclude<HubFrame<HubSnapshot>, Init>
  | { readonly op: 'disconnected'; readonly message?: string }
  | { readonly op: 'resumed' }
  | { readonly op: 'select'; readonly run_id: string };

/** The world around the dashboard: VS Code, or a browser with a connection of its own. */
export interface Host {
  /** The address of the page of all events, where there is one. */
  readonly eventsPage?: string;
  /** `ready` asks for the `init` frame; everything else goes to the hub. */
  send(frame: ClientFrame | { readonly op: 'ready' }): void;
  onFrame(handler: (frame: HostFrame) => void): Disposable;
  /** What {@link Host.saveView} kept the last time; of unknown age and shape. */
  readView(): unknown;
  /** Keeps where the user was over a reload of the page. */
  saveView(view: ViewState): void;
}
