import type { RunState } from './runState.js';

const columns = [
  ...['run', 'story', 'title', 'story_status', 'attempt', 'started_at', 'ended_at', 'duration_s', 'result'],
  ...['reason', 'message', 'input_tokens', 'output_tokens', 'cost_usd', 'commit', 'ref'],
];

type Cell = string | number | undefined;

/** The attempts of a run as CSV (RFC 4180), one a line, stories without an attempt as well. */
export function attemptsCsv(run: RunState): string {
  const rows: Cell[][] = [columns];
  for (const story of run.stories.values()) {
    const about = [run.id, story.id, story.title, story.status];
    if (story.attempts.length === 0) rows.push([...about, ...columns.slice(about.length).map(() => undefined)]);
    for (const { attempt, startedAt, endedAt, success, reason, message, usage, commit, ref } of story.attempts) {
      const duration = endedAt === undefined ? undefined : (Date.parse(endedAt) - Date.parse(startedAt)) / 1_000;
      const result =
        success === undefined ? (endedAt === undefined ? 'running' : 'ended') : success ? 'passed' : 'failed';
      rows.push([
        ...[...about, attempt, startedAt, endedAt, duration, result, reason, message],
        ...[usage?.inputTokens, usage?.outputTokens, usage?.costUsd, commit, ref],
      ]);
    }
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}

function cell(value: Cell): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const text = harmless(value.replaceAll('\0', ''));
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet takes what begins like this for a formula, and would run what a title says. */
function harmless(text: string): string {
  return /^[\s\p{C}]*[=+\-@＝＋－＠|%]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
}
