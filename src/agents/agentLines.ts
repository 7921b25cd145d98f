import { StringDecoder } from 'node:string_decoder';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { limitReason, type LimitReason } from '../events/failure.js';
import type { AgentProgress } from './agent.js';

/** In characters. A longer line is output, whatever it looks like, and not waited for until it ends. */
const MAX_LINE = 64 * 1024;

/** Characters that are passed on at once. */
const MOST_OUTPUT = 64 * 1024;

const BEGINS_OBJECT = /[^\S\n]*\{/y;

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
  /** Whether `#pending` goes on with a line whose beginning was already passed on. */
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
    const last = this.#pending;
    const said = this.#continued ? undefined : parseAgentLine(last, 0, last.length);
    if (said) this.#say(said);
    else this.#output(last);
    this.#pending = '';
  }

  /** Lines that are output are passed on together: a flood of them must not keep the coordinator from its other stories. */
  #take(text: string): void {
    const all = this.#pending + text;
    let [from, start] = [0, 0];
    for (let newline = all.indexOf('\n'); newline >= 0; newline = all.indexOf('\n', start)) {
      const said = this.#continued || newline - start >= MAX_LINE ? undefined : parseAgentLine(all, start, newline);
      this.#continued = false;
      if (said) {
        this.#output(all.slice(from, start));
        this.#say(said);
        from = newline + 1;
      }
      start = newline + 1;
    }
    if (all.length - start > MAX_LINE) {
      start = all.length;
      this.#continued = true;
    }
    this.#output(all.slice(from, start));
    this.#pending = all.slice(start);
  }

  #say(said: z.infer<typeof agentLine>): void {
    switch (said.storyloop) {
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
    }
  }

  #output(text: string): void {
    for (let at = 0; at < text.length; at += MOST_OUTPUT) {
      this.onProgress({ kind: 'output', text: plainText(text.slice(at, at + MOST_OUTPUT)) });
    }
  }
}

/** Of a text that holds a line from `start` to `end`. */
function parseAgentLine(text: string, start: number, end: number): z.infer<typeof agentLine> | undefined {
  BEGINS_OBJECT.lastIndex = start;
  if (!BEGINS_OBJECT.test(text)) return undefined;
  try {
    return agentLine.safeParse(JSON.parse(text.slice(start, end))).data;
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
