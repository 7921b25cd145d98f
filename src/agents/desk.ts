import type { Result } from '../primitives/result.js';

/** A tool as the Model Context Protocol describes one. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: object;
  readonly annotations: Readonly<Record<string, boolean>>;
}

/** Where an agent hands in what it has to say by one tool, as long as its attempt lasts. */
export interface Desk {
  readonly tool: Tool;
  /** Both answers are for the agent; the error says what to do better. */
  take(input: unknown): Promise<Result<string, string>>;
  /** The attempt is over. */
  close(): void;
}
