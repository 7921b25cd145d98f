import assert from 'node:assert/strict';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { renderBox } from '../../../src/cli/liveView.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import type { RunState } from '../../../src/state/runState.js';

const start = Date.parse('2026-11-21T10:00:00.000Z');

function runOf(...events: [type: string, data: Record<string, unknown>, seconds: number][]): RunState {
  const envelopes = events.map(([type, data, seconds], index): Envelope => ({
    id: `e_${index}`,
    type,
    run_id: 'run_1',
    source: 'run_1',
    term: 1,
    source_seq: index + 1,
    timestamp: new Date(start + seconds * 1_000).toISOString(),
    data,
  }));
  const [first] = envelopes;
  assert.ok(first);
  const run = emptyRun(first, false);
  for (const event of envelopes) fold(run, event);
  return run;
}

const story = (id: string, title: string, ...criteria: string[]): Record<string, unknown> => ({
  story_id: id,
  title,
  priority: 1,
  depends_on: [],
  passes: false,
  criteria: criteria.map((text, index) => ({ ac_index: index + 1, ac_text: text })),
});

const running = (title = 'Temperature converter', criterion = 'All tests pass'): RunState =>
  runOf(
    [
      'prd.started',
      {
        status: 'running',
        title,
        total_stories: 2,
        stories: [story('US-1', 'Kelvin', criterion), story('US-2', 'Table')],
      },
      0,
    ],
    ['story.started', { story_id: 'US-1' }, 1],
    ['criterion.completed', { story_id: 'US-1', ac_index: 1, ac_text: criterion }, 100],
    ['story.completed', { story_id: 'US-1', success: true, status: 'completed' }, 154],
    ['story.started', { story_id: 'US-2' }, 154],
    ['context.created', { story_id: 'US-2', attempt: 1 }, 154],
    ['context.refreshed', { story_id: 'US-2', attempt: 2 }, 154],
    ['gate.started', { story_id: 'US-2', gate: 'test' }, 154],
  );

describe('The live view', () => {
  it('says why a run is paused', () => {
    const paused = runOf(
      ['prd.started', { status: 'running', title: 'A PRD', total_stories: 1, stories: [story('US-1', 'Kelvin')] }, 0],
      ['prd.paused', { reason: 'The disk is full' }, 1],
    );
    assert.match(renderBox(paused, new Map(), start + 2_000, 80), /paused: The disk is full/);
  });

  it('is a box with title, progress, time, and the story at work', () => {
    const box = renderBox(running(), new Map(), start + 154_000, 60);
    const inside = box.split('\n').map((line) => line.replace(/^[║╔╠╚]\s?|\s*[║╗╣╝]$/g, ''));
    assert.equal(inside[1], 'Temperature converter');
    assert.equal(inside[2], '[████████████░░░░░░░░░░░░] 1/2 stories');
    assert.equal(inside[3], '2m 34s elapsed | ~2m 34s remaining | running');
    assert.equal(inside[5], 'US-2 - Table (attempt 2)');
    assert.equal(inside[6], '  gate test: running');
  });

  it('has lines of one width that fit the terminal, whatever texts and outputs contain', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        fc.integer({ min: 45, max: 200 }),
        (title, output, columns) => {
          const widths = renderBox(running(title, output), new Map([['US-2', output]]), start, columns)
            .split('\n')
            .map((line) => stringWidth(line));
          assert.equal(new Set(widths).size, 1);
          assert.ok((widths[0] ?? 0) < columns);
        },
      ),
    );
  });

  it('lets no output move the cursor', () => {
    const box = renderBox(running(), new Map([['US-2', '\u001b[2J\u001b[H\r\u0007gone']]), start, 80);
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    assert.doesNotMatch(box.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f]/);
  });
});
