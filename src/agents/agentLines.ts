import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { limitReason, type LimitReason } from '../events/failure.js';
import type { AgentProgress } from './agent.js';

/** A longer line is output, whatever it looks like; it is passed on in pieces of this many characters. */
const MAX_LINE = 64 * 1024;

const claimLine = z.object({
  storyloop: z.literal('claim'),
  criterion: z.number().int().positive(),
  test: z.object({ file: z.string().min(1), name: z.string().min(1).optional() }).optional(),
  note: z.string().optional(),
});
const findingLine = z.object({
  storyloop: z.literal('finding'),
  criterion: z.number().int().positive(),
  holds: z.boolean(),
  evidence: z.string().min(1),
  key: z.string(),
});
const usageLine = z.object({
  storyloop: z.literal('usage'),
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  cost_usd: z.number().nonnegative().optional(),
});
/** Why it is about to end without having done its work: a limit, or a service that gives no answer. */
const limitLine = z.object({
  storyloop: z.literal('limit'),
  reason: limitReason,
  resets_at: z.iso.datetime({ offset: true }).optional(),
});

/** What keeps an agent from working, whoever's fault that is. `resetsAt`: until when, as ISO time, where it knows. */
export interface AgentLimit {
  readonly reason: LimitReason;
  readonly resetsAt: string | undefined;
}

const agentLine = z.discriminatedUnion('storyloop', [claimLine, findingLine, usageLine, limitLine]);

/**
 * What an agent says about its work, as a line on its stdout. The input is data of the agent: nothing else in the line
 * matters, and a line that says something else is output.
 */
export type AgentLine = z.input<typeof agentLine>;

/** How a program without a protocol claims, told in its prompt. */
export const CLAIM_LINES = [
  'Right after you saw that a criterion holds, print one line of JSON on stdout, or run "storyloop report AC-1 --test FILE:NAME":',
  '{"storyloop":"claim","criterion":1,"test":{"file":"test/example.test.js","name":"name of the test"}}',
].join('\n');

/** How a program without a protocol asks, told in its prompt. */
export const ASK_COMMAND =
  'If you need a decision that is not yours to take, run: storyloop ask "Which one?" --option "This" --option "That"; then end: you are started again with the answer.';

/** How a program without a protocol reviews, told in its prompt. */
export const FINDING_LINES = [
  'For each criterion, print one line of JSON on stdout:',
  '{"storyloop":"finding","criterion":1,"holds":true,"evidence":"what you read or ran, and what you saw","key":"…"}',
].join('\n');

/**
 * Reads one stream of an agent: lines of JSON that speak of criteria, usage and limits, and output, freed of what would steer a
 * terminal. The chunks may be cut anywhere.
 */
export class AgentLineReader {
  readonly #decoder = new StringDecoder('utf8');
  #pending = '';
  /** Whether `#pending` goes on a line whose beginning was already passed on. */
  #continued = false;

  constructor(
    private readonly onProgress: (progress: AgentProgress) => void,
    private readonly onLimit: (limit: AgentLimit) => void = () => {},
  ) {}

  push(chunk: Buffer): void {
    this.#take(this.#decoder.write(chunk));
  }

  /** Passes on a last line that has no newline. */
  end(): void {
    this.#take(this.#decoder.end());
    if (this.#pending !== '') this.#line(this.#pending);
    this.#pending = '';
  }

  #take(text: string): void {
    this.#pending += text;
    for (;;) {
      const newline = this.#pending.indexOf('\n');
      if (newline >= 0 && newline < MAX_LINE) {
        this.#line(this.#pending.slice(0, newline + 1));
        this.#pending = this.#pending.slice(newline + 1);
      } else if (this.#pending.length > MAX_LINE) {
        this.#output(this.#pending.slice(0, MAX_LINE));
        this.#pending = this.#pending.slice(MAX_LINE);
        this.#continued = true;
      } else {
        return;
      }
    }
  }

  #line(line: string): void {
    const said = this.#continued ? undefined : parseAgentLine(line);
    this.#continued = false;
    switch (said?.storyloop) {
      case 'claim':
        this.onProgress(claimOf(said));
        return;
      case 'finding': {
        const { criterion: acIndex, holds, evidence, key } = said;
        this.onProgress({ kind: 'finding', acIndex, holds, evidence, key });
        return;
      }
      case 'usage': {
        const { input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: costUsd } = said;
        this.onProgress({ kind: 'usage', inputTokens, outputTokens, costUsd });
        return;
      }
      case 'limit':
        this.onLimit({ reason: said.reason, resetsAt: said.resets_at });
        return;
      case undefined:
        this.#output(line);
    }
  }

  #output(text: string): void {
    this.onProgress({ kind: 'output', text: plainText(text) });
  }
}

function parseAgentLine(line: string): z.infer<typeof agentLine> | undefined {
  if (!/^\s*\{/.test(line)) return undefined;
  try {
    return agentLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function claimOf({ criterion, test, note }: z.infer<typeof claimLine>): AgentProgress {
  const named = test && { file: test.file, ...(test.name !== undefined && { name: test.name }) };
  return { kind: 'claim', acIndex: criterion, test: named, note };
}

/** A progress bar's carriage returns become lines; everything else that is not text goes. */
export function plainText(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replace(/\r\n?/g, '\n')
      // eslint-disable-next-line no-control-regex -- those are what is meant
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}
