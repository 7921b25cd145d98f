import type { CommandEnd } from '../processes/guarded.js';
import { agentFailed, memoryText, type AgentEnd } from './agent.js';
import type { ClaudeResult } from './claudeLines.js';

/** Everything that says how an attempt of Claude Code ended. */
export interface ClaudeEnding {
  readonly end: CommandEnd;
  /** Its terminal line, if one came. */
  readonly result: ClaudeResult | undefined;
  readonly apiError: string | undefined;
  readonly resetsAt: string | undefined;
  /** The end of stderr. */
  readonly stderr: string;
}

export const SIGN_IN =
  'Run "claude" in a terminal and sign in with /login, or set ANTHROPIC_API_KEY, then start again.';
const UPDATE = 'Update it with "claude update".';

/**
 * The terminal line decides: its `is_error`, not its subtype, as an error of the API is a "success" too. The exit code is
 * a hint only, for 0 is also what an interrupted Claude Code exits with.
 */
export function judgeClaude(ending: ClaudeEnding): AgentEnd {
  const { result, end } = ending;
  if (end.kind === 'over-memory') return { kind: 'failed', reason: 'resource-limit', message: memoryText(end.bytes) };
  // Whoever stopped it after its last word did not take anything from it.
  if (result) return judgeResult(result, ending);
  switch (end.kind) {
    case 'stopped':
    case 'timed-out':
      return { kind: end.kind };
    case 'not-found':
      return { kind: 'failed', reason: 'agent-not-installed', message: end.message };
    case 'signalled':
      return endedBy(end.signal);
    case 'exited':
      return judgeExit(end.exitCode, ending.stderr.trim());
  }
}

function judgeResult(result: ClaudeResult, { apiError, resetsAt }: ClaudeEnding): AgentEnd {
  if (result.subtype === 'success' && !result.is_error) return { kind: 'finished' };
  const said = result.errors[0] ?? result.result ?? result.subtype;
  const status = result.api_error_status;
  if (status === 429 || apiError === 'rate_limit') {
    const until = resetsAt === undefined ? 'Try again later' : `It is lifted at ${resetsAt}`;
    const message = `Claude's limit is reached: ${said} ${until}.`;
    return { kind: 'failed', reason: 'agent-rate-limited', message, ...(resetsAt !== undefined && { resetsAt }) };
  }
  if (status === 401 || status === 403 || apiError === 'authentication_failed' || /^Not logged in\b/i.test(said)) {
    return {
      kind: 'failed',
      reason: 'agent-not-signed-in',
      message: `Claude Code is not signed in: ${said}. ${SIGN_IN}`,
    };
  }
  if (result.subtype === 'error_max_turns' || result.subtype === 'error_max_budget_usd') {
    const message = `Claude Code stopped at a limit that its arguments set: ${said}. Raise it in storyloop.agents.claude.args.`;
    return { kind: 'failed', reason: 'agent-capped', message };
  }
  if ((status ?? 0) >= 500 || apiError === 'server_error' || unreachable.test(said)) {
    return { kind: 'failed', reason: 'agent-unavailable', message: `Claude's service cannot be used now: ${said}` };
  }
  return agentFailed(`Claude Code ended with an error: ${said}`);
}

/** What Claude Code says when it got no answer, which has no status. */
const unreachable =
  /^API Error\b.*\b(connection|network|overloaded|timed out|fetch failed|ECONN\w+|ENOTFOUND|EAI_AGAIN)/i;

function judgeExit(exitCode: number, stderr: string): AgentEnd {
  if (exitCode === 0) return agentFailed('Claude Code was interrupted before it had finished.');
  if (exitCode === 143) return endedBy('SIGTERM');
  const said = stderr.split('\n').slice(-5).join('\n');
  if (/unknown option/i.test(said)) return agentFailed(`This Claude Code does not know an option: ${said}. ${UPDATE}`);
  return agentFailed(`Claude Code ended with exit code ${exitCode}${said === '' ? '' : `: ${said}`}`);
}

function endedBy(signal: string): AgentEnd {
  return agentFailed(`Claude Code was ended by ${signal}, from outside of Storyloop.`);
}
