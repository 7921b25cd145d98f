import type { Clock } from '../primitives/clock.js';
import { logLevels, type LogFields, type Logger, type LogLevel } from '../primitives/logger.js';
import { redactText, redactValue } from './redact.js';

/** Longest message of a line, in characters. */
const maxMessage = 8_192;

export interface HubLoggerOptions {
  /** Takes whole lines; must neither wait nor throw. */
  readonly file: { add(line: string): void };
  /** Who is told besides: VS Code's channel, or the terminal. Its own level is its own affair. */
  readonly next: Logger;
  /** The least that is written to the file. */
  readonly level: LogLevel;
  readonly clock: Clock;
  /** The same on every line. */
  readonly always: Readonly<Record<string, string | number>>;
}

/**
 * The hub's log for people and programs: one JSON object a line. Every line of it, and every message that goes on from here,
 * is made in {@link #log}: nothing reaches either that was not redacted.
 */
export class HubLogger implements Logger {
  #secret: string | undefined;

  constructor(private readonly options: HubLoggerOptions) {}

  /** The one secret that is known by its value: it is left out however it comes. */
  hide(secret: string | undefined): void {
    this.#secret = secret || undefined;
  }

  debug(message: string, fields?: LogFields): void {
    this.#log('debug', message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#log('info', message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#log('warn', message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#log('error', message, fields);
  }

  #log(level: LogLevel, message: string, { request_id: requestId, ...fields }: LogFields = {}): void {
    const { next, file, clock, always } = this.options;
    const clean = this.#without(redactText(message)).slice(0, maxMessage);
    next[level](requestId === undefined ? clean : `${clean} (request ${requestId})`);
    if (logLevels.indexOf(level) < logLevels.indexOf(this.options.level)) return;
    const line = {
      time: new Date(clock.now()).toISOString(),
      level,
      message: clean,
      ...(requestId !== undefined && { request_id: requestId }),
      ...always,
      ...(Object.keys(fields).length > 0 && { fields: redactValue(fields) }),
    };
    file.add(this.#without(JSON.stringify(line)));
  }

  #without(text: string): string {
    return this.#secret === undefined ? text : text.replaceAll(this.#secret, '[redacted]');
  }
}
