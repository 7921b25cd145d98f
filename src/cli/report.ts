import { REPORT_TOOL, type CriterionReport } from '../agents/reportTool.js';
import { callTool } from './callTool.js';
import type { ExitCode } from './exitCodes.js';

export interface ReportOptions {
  /** `FILE` or `FILE:NAME`. */
  readonly test?: string;
  readonly note?: string;
}

/** `storyloop report AC-2`: the claim of an agent that has only a shell. */
export function report(criterion: string, options: ReportOptions): Promise<ExitCode> {
  const claim: CriterionReport = {
    criterion,
    ...(options.test !== undefined && { test: testOf(options.test) }),
    ...(options.note !== undefined && { note: options.note }),
  };
  return callTool('report', REPORT_TOOL, claim);
}

/** A name may hold colons, a file with one has to be told over MCP; the letter of a Windows drive is no file. */
function testOf(text: string): { file: string; name?: string } {
  const [, file = text, name] = /^((?:[A-Za-z]:[\\/])?[^:]+):(.+)$/s.exec(text) ?? [];
  return { file, ...(name !== undefined && { name }) };
}
