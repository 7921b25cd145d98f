import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { lastLines } from '../../src/state/outputText.js';

interface OutputTailProps {
  /** What it is, for the summary and for screen readers. */
  readonly label: string;
  readonly text: string;
  readonly open?: boolean;
}

const MOST_LINES = 60;

/** The end of some output, which can be folded away; scrolled to its last line, where the reason usually is. */
export function OutputTail({ label, text, open = false }: OutputTailProps): JSX.Element | null {
  const box = useRef<HTMLPreElement>(null);
  const shown = lastLines(text, MOST_LINES);
  const toEnd = (): void => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  useLayoutEffect(toEnd, [shown]);
  if (shown === '') return null;
  return (
    <details open={open} onToggle={toEnd}>
      <summary>{label}</summary>
      <pre ref={box} class="output-tail" tabIndex={0} role="region" aria-label={label}>
        {shown}
      </pre>
    </details>
  );
}
