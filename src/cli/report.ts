import * as z from 'zod';
import type { ClaimAccess } from '../agents/agent.js';
import { claimAccessOf } from '../agents/claimAccess.js';
import { REPORT_TOOL, type CriterionReport } from '../agents/reportTool.js';
import { err, ok, type Result } from '../primitives/result.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';

export interface ReportOptions {
  /** `FILE` or `FILE:NAME`. */
  readonly test?: string;
  readonly note?: string;
}

const answerSchema = z.object({
  result: z.object({ content: z.array(z.object({ text: z.string() })).min(1), isError: z.boolean() }),
});

const LIMIT_MS = 10_000;

/** `storyloop report AC-2`: the claim of an agent that has only a shell, over the same endpoint as over MCP. */
export async function report(criterion: string, options: ReportOptions): Promise<ExitCode> {
  const access = claimAccessOf(process.env);
  if (!access) {
    return complain(
      'This is no attempt of a run: "storyloop report" is for the agent that works on a story, which finds in its environment where to report.',
      ExitCode.usage,
    );
  }
  const answer = await send(access, {
    criterion,
    ...(options.test !== undefined && { test: testOf(options.test) }),
    ...(options.note !== undefined && { note: options.note }),
  });
  if (!answer.ok) return complain(answer.error, ExitCode.blocked);
  const { content, isError } = answer.value.result;
  const text = content.map((part) => part.text).join('\n');
  if (isError) return complain(text, ExitCode.usage);
  process.stdout.write(`${text}\n`);
  return ExitCode.done;
}

/** A name may hold colons, a file with one has to be told over MCP; the letter of a Windows drive is no file. */
function testOf(text: string): { file: string; name?: string } {
  const [, file = text, name] = /^((?:[A-Za-z]:[\\/])?[^:]+):(.+)$/s.exec(text) ?? [];
  return { file, ...(name !== undefined && { name }) };
}

async function send(
  access: ClaimAccess,
  report: CriterionReport,
): Promise<Result<z.infer<typeof answerSchema>, string>> {
  const over = 'The attempt is over, or its run is gone: nothing was reported.';
  try {
    const response = await fetch(access.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: REPORT_TOOL, arguments: report },
      }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!response.ok) return err(response.status === 401 ? over : `The report was refused (HTTP ${response.status}).`);
    const answer = answerSchema.safeParse(await response.json());
    return answer.success ? ok(answer.data) : err('The answer to the report cannot be understood.');
  } catch {
    return err(over);
  }
}
