import stringWidth from 'string-width';
import { durationText } from '../state/durationText.js';
import type { CriterionState, GateState, RunState, StoryState } from '../state/runState.js';
import { currentStories, elapsedMs, isLive, progressPercent, provedCriteria, remainingMs } from '../state/selectors.js';
import { gateText, waitsUntil } from '../state/statusText.js';
import { printable } from './printable.js';

const WIDEST = 78;
const NARROWEST = 40;

/**
 * The run as a box of text, one string with newlines. Pure. `outputs` holds the last line of output by story; `columns` is
 * the terminal's width.
 */
export function renderBox(run: RunState, outputs: ReadonlyMap<string, string>, now: number, columns: number): string {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns - 1)) - 4;
  const stories = currentStories(run);
  const rule = '═'.repeat(width + 2);
  const line = (text: string): string => `║ ${fit(text, width)} ║`;
  const lines = [
    `╔${rule}╗`,
    line(run.title),
    line(`${bar(progressPercent(run), 24)} ${run.counts.completed}/${run.counts.total} stories`),
    line(timeLine(run, now)),
    `╠${rule}╣`,
    ...(stories.length > 0 ? storiesLines(stories, outputs) : closingLines(run)).map(line),
    `╚${rule}╝`,
  ];
  return lines.join('\n');
}

/** One story with all that is known of it, several in few lines each. */
function storiesLines(stories: readonly StoryState[], outputs: ReadonlyMap<string, string>): string[] {
  const linesOf = stories.length === 1 ? detailLines : shortLines;
  return stories.flatMap((story) => {
    const attempt = story.attempts.at(-1);
    const again = attempt && attempt.attempt > 1 ? ` (attempt ${attempt.attempt})` : '';
    const output = outputs.get(story.id);
    return [
      `${story.id} - ${story.title}${again}`,
      ...linesOf(story),
      ...(output !== undefined && story.commands.length > 0 ? [`  > ${output}`] : []),
    ];
  });
}

function detailLines({ criteria, gates }: StoryState): string[] {
  return [
    ...criteria.map((criterion) => `  ${criterionMark(criterion)} ${criterion.text}`),
    ...gates.map((gate) => `  gate ${gate.name}: ${gateWords(gate)}`),
  ];
}

const gateWords = (gate: GateState): string => gateText(gate).toLowerCase();

function shortLines(story: StoryState): string[] {
  const gates = story.gates.map((gate) => `${gate.name} ${gateWords(gate)}`);
  const proved = `${provedCriteria(story)} of ${story.criteria.length} criteria proved`;
  return [`  ${[proved, ...gates].join(' | ')}`];
}

function closingLines(run: RunState): string[] {
  const stories = [...run.stories.values()].map((story) => `${storyMark(story)} ${story.id} - ${story.title}`);
  const proved = `${run.counts.proved} of ${run.counts.criteria} criteria proved`;
  return [...stories, '', `${run.status}: ${proved}${run.branch === undefined ? '' : `, branch ${run.branch}`}`];
}

function criterionMark(criterion: CriterionState): string {
  switch (criterion.status) {
    case 'proved':
      return '✓';
    case 'failed':
      return '✗';
    case 'claimed':
      return '◐';
    case 'unproved':
      return '○';
  }
}

function storyMark(story: StoryState): string {
  switch (story.status) {
    case 'completed':
      return '✓';
    case 'failed':
      return '✗';
    case 'in_progress':
      return '◐';
    case 'blocked':
    case 'skipped':
      return '-';
    case 'open':
      return '○';
  }
}

function timeLine(run: RunState, now: number): string {
  const elapsed = `${durationText(elapsedMs(run, now))} elapsed`;
  const remaining = remainingMs(run, now);
  if (!isLive(run)) return elapsed;
  const reason = run.statusReason === undefined ? '' : `: ${run.statusReason}`;
  const until = waitsUntil(run);
  const status = until === undefined ? `${run.status}${reason}` : `waits for the agent until ${until}`;
  const state = run.requested === undefined ? status : `${run.requested} requested`;
  return [elapsed, ...(remaining === undefined ? [] : [`~${durationText(remaining)} remaining`]), state].join(' | ');
}

function bar(percent: number, cells: number): string {
  const full = Math.round((percent / 100) * cells);
  return `[${'█'.repeat(full)}${'░'.repeat(cells - full)}]`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Cuts or pads to exactly `width` cells, wide characters counted as two; what an agent printed cannot move the cursor. */
function fit(text: string, width: number): string {
  const plain = printable(text);
  if (stringWidth(plain) <= width) return plain + ' '.repeat(width - stringWidth(plain));
  let kept = '';
  for (const { segment } of graphemes.segment(plain)) {
    if (stringWidth(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…${' '.repeat(width - 1 - stringWidth(kept))}`;
}
