/** How much a message matters, rising. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What belongs to a message besides its words; `request_id` joins all that was told because of one request. */
export interface LogFields {
  readonly request_id?: string | undefined;
  readonly [name: string]: unknown;
}

/** Where a part of the program tells what it does; who listens is decided at the composition root, and may pass over the fields. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
