import assert from 'node:assert/strict';
import { judgeClaude, type ClaudeEnding } from '../../../src/agents/claudeEnd.js';
import { parseClaudeLine, type ClaudeResult } from '../../../src/agents/claudeLines.js';
import type { CommandEnd } from '../../../src/processes/guarded.js';
import { result } from './claudeFixtures.js';

const exited = (exitCode: number): CommandEnd => ({ kind: 'exited', exitCode, survivors: 0 });

function resultOf(fields: object): ClaudeResult {
  const parsed = parseClaudeLine(result(fields));
  assert.ok(parsed?.type === 'result');
  return parsed;
}

/** Kind or reason of the end, and its message. */
function judged(end: CommandEnd, fields?: object, more: Partial<ClaudeEnding> = {}): [string, string] {
  const judgement = judgeClaude({
    end,
    result: fields && resultOf(fields),
    apiError: undefined,
    resetsAt: undefined,
    stderr: '',
    ...more,
  });
  return judgement.kind === 'failed' ? [judgement.reason, judgement.message] : [judgement.kind, ''];
}

const withResult: [name: string, fields: object, reason: string, message: RegExp][] = [
  ['success', {}, 'finished', /^$/],
  ['429', { is_error: true, api_error_status: 429, result: 'API Error' }, 'agent-rate-limited', /Try again later/],
  ['401', { is_error: true, api_error_status: 401, result: 'Invalid API key' }, 'agent-not-signed-in', /\/login/],
  ['not signed in', { is_error: true, result: 'Not logged in · Please run /login' }, 'agent-not-signed-in', /\/login/],
  ['500', { is_error: true, api_error_status: 500, result: 'API Error: 500' }, 'agent-unavailable', /API Error: 500/],
  ['no network', { is_error: true, result: 'API Error: Connection error.' }, 'agent-unavailable', /Connection error/],
  ['a refused request', { is_error: true, api_error_status: 400, result: 'API Error: 400' }, 'agent-failed', /400/],
  [
    'the cap of turns',
    { is_error: true, subtype: 'error_max_turns', errors: ['Reached maximum number of turns (1)'] },
    'agent-capped',
    /turns \(1\).*agents\.claude\.args/,
  ],
  [
    'the cap of cost',
    { is_error: true, subtype: 'error_max_budget_usd', errors: ['Reached maximum budget ($1)'] },
    'agent-capped',
    /budget/,
  ],
  [
    'an unknown session',
    { is_error: true, subtype: 'error_during_execution', errors: ['No conversation found'] },
    'agent-failed',
    /No conversation found/,
  ],
  ['an error that nobody named', { is_error: true, subtype: 'error_new' }, 'agent-failed', /Done\./],
];

const withoutResult: [name: string, end: CommandEnd, stderr: string, reason: string, message: RegExp][] = [
  ['SIGINT, which exits 0', exited(0), '', 'agent-failed', /interrupted/],
  ['SIGTERM, as exit code', exited(143), '', 'agent-failed', /SIGTERM/],
  ['SIGTERM', { kind: 'signalled', signal: 'SIGTERM', survivors: 0 }, '', 'agent-failed', /SIGTERM/],
  ['a bad flag', exited(1), "error: unknown option '--x'\n", 'agent-failed', /--x.*claude update/],
  ['anything on stderr', exited(1), 'first\nnot as root\n', 'agent-failed', /exit code 1: first\nnot as root/],
  ['a missing program', { kind: 'not-found', message: 'claude: not found' }, '', 'agent-not-installed', /claude/],
  ['the attempt timeout', { kind: 'timed-out' }, '', 'timed-out', /^$/],
  ['a stop', { kind: 'stopped' }, '', 'stopped', /^$/],
];

describe('the end of Claude Code', () => {
  for (const [name, fields, reason, message] of withResult) {
    it(`by its terminal line: ${name}`, () => {
      // Neither exit code nor being killed after the last word says more than the line.
      for (const end of [exited(0), exited(1), { kind: 'stopped' } as const, { kind: 'timed-out' } as const]) {
        const [kind, text] = judged(end, fields);
        assert.equal(kind, reason);
        assert.match(text, message);
      }
    });
  }

  for (const [name, end, stderr, reason, message] of withoutResult) {
    it(`without a terminal line: ${name}`, () => {
      const [kind, text] = judged(end, undefined, { stderr });
      assert.equal(kind, reason);
      assert.match(text, message);
    });
  }

  it('names the time when a limit is lifted, and takes the name of an error where no status is told', () => {
    const limited = judged(
      exited(1),
      { is_error: true, result: 'Limit' },
      { apiError: 'rate_limit', resetsAt: '2027' },
    );
    assert.deepEqual([limited[0], /lifted at 2027/.test(limited[1])], ['agent-rate-limited', true]);
    const refused = judged(exited(1), { is_error: true }, { apiError: 'authentication_failed' });
    assert.equal(refused[0], 'agent-not-signed-in');
  });
});
