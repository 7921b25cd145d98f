import { ASK_TOOL, type QuestionInput } from '../agents/askTool.js';
import { callTool } from './callTool.js';
import type { ExitCode } from './exitCodes.js';

/** `storyloop ask "Which port?"`: the question of an agent that has only a shell. */
export function ask(question: string, options: readonly string[]): Promise<ExitCode> {
  const asked: QuestionInput = { question, ...(options.length > 0 && { options: [...options] }) };
  return callTool('ask', ASK_TOOL, asked);
}
