import { createLogUpdate } from 'log-update';
import { isTransient } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import type { RunState } from '../state/runState.js';
import { eventLine } from '../state/eventLine.js';
import { renderBox } from './liveView.js';

/** How a run shows itself in the terminal that it runs in. */
export interface View {
  show(event: Envelope, state: RunState): void;
  end(): void;
}

export function createView(kind: 'live' | 'lines' | 'json', clock: Clock): View {
  switch (kind) {
    case 'json':
      return linesView((event) => JSON.stringify(event));
    case 'lines':
      return linesView(plainLine);
    case 'live':
      return liveView(clock);
  }
}

function plainLine(event: Envelope): string | undefined {
  if (isTransient(event.type)) return undefined;
  const { story, text } = eventLine(event);
  return [event.timestamp.slice(11, 19), story, text].filter(Boolean).join(' ');
}

function linesView(render: (event: Envelope) => string | undefined): View {
  return {
    show: (event) => {
      const line = render(event);
      if (line !== undefined) process.stdout.write(`${line}\n`);
    },
    end: () => {},
  };
}

/** A box redrawn in place, once a second for the clock and at most ten times a second for events. */
function liveView(clock: Clock): View {
  const draw = createLogUpdate(process.stdout);
  let state: RunState | undefined;
  let timer: Disposable | undefined;
  /** Story → its last line of output. */
  const outputs = new Map<string, string>();
  let ended = false;
  let height = 0;
  const redraw = (): void => {
    timer = undefined;
    if (state) {
      const box = renderBox(state, outputs, clock.now(), process.stdout.columns);
      const lines = box.split('\n').length;
      // log-update 7 leaves lines behind when a frame gets shorter and ends like the one before.
      if (lines !== height) draw.clear();
      height = lines;
      draw(box);
    }
    if (!ended) timer = clock.after(1_000, redraw);
  };
  return {
    show: (event, next) => {
      const first = state === undefined;
      state = next;
      const line = event.type === 'command.progress' ? lastLine(String(event.data['message'])) : '';
      if (line !== '') outputs.set(event.story_id ?? '', line);
      if (ended) return;
      timer?.[Symbol.dispose]();
      if (first) redraw();
      else timer = clock.after(100, redraw);
    },
    end: () => {
      if (ended) return;
      ended = true;
      timer?.[Symbol.dispose]();
      redraw();
      draw.done();
    },
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
