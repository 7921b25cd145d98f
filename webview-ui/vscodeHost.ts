import * as z from 'zod';
import type { Host, HostFrame } from './host.js';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: object): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/** The extension has checked what is in a frame; here it is only told from what else arrives at a window. */
const frame = z.custom<HostFrame>((value) => z.looseObject({ op: z.string() }).safeParse(value).success);

/** The page as a webview of VS Code. Called once: VS Code gives its API away only once. */
export function vscodeHost(): Host {
  const api = acquireVsCodeApi();
  return {
    send: (message) => {
      api.postMessage(message);
    },
    onFrame: (handler) => {
      const listener = ({ data }: MessageEvent<unknown>): void => {
        const parsed = frame.safeParse(data);
        if (parsed.success) handler(parsed.data);
      };
      window.addEventListener('message', listener);
      return {
        [Symbol.dispose]: () => {
          window.removeEventListener('message', listener);
        },
      };
    },
    readView: () => api.getState(),
    saveView: (view) => {
      api.setState(view);
    },
  };
}
