/** What `storyloop` exits with; scripts rely on it. */
export const ExitCode = {
  done: 0,
  usage: 2,
  /** The run finished, with stories that are not done. */
  unfinished: 3,
  /** Another run holds the PRD. */
  held: 4,
  /** Stopped or paused; can be resumed. */
  stopped: 5,
  /** The environment does not allow it; the message names what and the remedy. */
  blocked: 6,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
