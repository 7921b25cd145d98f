import * as z from 'zod';
import { claimAccessOf } from '../agents/claimAccess.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';

const LIMIT_MS = 10_000;

const answerSchema = z.object({
  result: z.object({ content: z.array(z.object({ text: z.string() })).min(1), isError: z.boolean() }),
});

/** What an agent that has only a shell hands in, over the same endpoint as over MCP. `command`: that was called for it. */
export async function callTool(command: string, tool: string, input: object): Promise<ExitCode> {
  const access = claimAccessOf(process.env);
  if (!access) {
    return complain(
      `This is no attempt of a run: "storyloop ${command}" is for the agent that works on a story, which finds in its environment whom to tell.`,
      ExitCode.usage,
    );
  }
  const over = `The attempt is over, or its run is gone: nothing was taken of "storyloop ${command}".`;
  try {
    const response = await fetch(access.url, {
      method: 'POST',
      headers: { authorization: `Bearer ${access.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: tool, arguments: input } }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!response.ok) {
      const refused = `"storyloop ${command}" was refused (HTTP ${response.status}).`;
      return complain(response.status === 401 ? over : refused, ExitCode.blocked);
    }
    const answer = answerSchema.safeParse(await response.json());
    if (!answer.success) return complain('The answer cannot be understood.', ExitCode.blocked);
    const { content, isError } = answer.data.result;
    const text = content.map((part) => part.text).join('\n');
    if (isError) return complain(text, ExitCode.usage);
    process.stdout.write(`${text}\n`);
    return ExitCode.done;
  } catch {
    return complain(over, ExitCode.blocked);
  }
}
