import { createLogUpdate } from 'log-update';
import { isTransient } from '../events/catalogue.js';
import type { Envelope } from '../events/envelope.js';
import type { Clock } from '../primitives/clock.js';
import type { RunState } from '../state/runState.js';
import { eventLine } from '../state/eventLine.js';
import { renderBox } from './liveView.js';
import { openTerminal, type TerminalOutput } from './terminalOutput.js';

/** How a run shows itself in the terminal that it runs in. */
export interface View {
  show(event: Envelope, state: RunState): void;
  /** Resolves when everything is shown, or the terminal does not take it. */
  end(): Promise<void>;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** What a terminal that nobody reads is still sent. */
const MOST_WAITING_BYTES = 64 * 1024;

export function createView(kind: 'live' | 'lines' | 'json', clock: Clock): View {
  const terminal = openTerminal(clock);
  switch (kind) {
    case 'json':
      return linesView((event) => JSON.stringify(event), terminal);
    case 'lines':
      return linesView(plainLine, terminal);
    case 'live':
      return liveView(clock, terminal);
  }
}

function plainLine(event: Envelope): string | undefined {
  if (isTransient(event.type)) return undefined;
  const { story, text } = eventLine(event);
  return [event.timestamp.slice(11, 19), story, text].filter(Boolean).join(' ');
}

function linesView(render: (event: Envelope) => string | undefined, terminal: TerminalOutput | undefined): View {
  const output = terminal ?? process.stdout;
  let leftOut = 0;
  return {
    show: (event) => {
      const line = render(event);
      if (line === undefined) return;
      if (terminal && terminal.writableLength > MOST_WAITING_BYTES) {
        leftOut += 1;
        return;
      }
      if (leftOut > 0) output.write(`… ${leftOut} lines left out\n`);
      leftOut = 0;
      output.write(`${line}\n`);
    },
    end: async () => terminal?.finish(),
  };
}

/** A box redrawn in place, once a second for the clock and at most ten times a second for events. */
function liveView(clock: Clock, terminal: TerminalOutput | undefined): View {
  const output = terminal ?? process.stdout;
  // By itself it would hide the cursor over the standard error output, and wait for that.
  const draw = createLogUpdate(output, { showCursor: true });
  output.write(HIDE_CURSOR);
  let state: RunState | undefined;
  let timer: Disposable | undefined;
  /** Story → its last line of output. */
  const outputs = new Map<string, string>();
  let ended = false;
  let height = 0;
  const redraw = (): void => {
    timer = undefined;
    // A terminal that has not taken the last picture needs no other.
    if (state && !terminal?.writableLength) {
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
    end: async () => {
      if (ended) return;
      ended = true;
      timer?.[Symbol.dispose]();
      redraw();
      draw.done();
      output.write(SHOW_CURSOR);
      await terminal?.finish();
    },
  };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}
