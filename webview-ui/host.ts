import type { ClientFrame, HubFrame } from '../src/events/frames.js';
import type { HubSnapshot } from '../src/state/snapshot.js';

/**
 * What a host delivers: the hub's frames, word of a lost connection (the next `init` says that it is back), and the run that
 * its user chose elsewhere.
 */
export type HostFrame =
  | HubFrame<HubSnapshot>
  | { readonly op: 'disconnected'; readonly message?: string }
  | { readonly op: 'select'; readonly run_id: string };

/** The world around the dashboard: VS Code, or later a browser with a socket of its own. */
export interface Host {
  /** `ready` asks for the `init` frame; everything else goes to the hub. */
  send(frame: ClientFrame | { readonly op: 'ready' }): void;
  onFrame(handler: (frame: HostFrame) => void): Disposable;
  /** What {@link Host.saveView} kept the last time; of unknown age and shape. */
  readView(): unknown;
  /** Keeps where the user was over a reload of the page. */
  saveView(view: object): void;
}
