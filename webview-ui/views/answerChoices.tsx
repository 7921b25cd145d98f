import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { plainText } from '../../src/state/outputText.js';

interface AnswerChoicesProps {
  readonly options: readonly string[];
  readonly text: string;
  readonly disabled: boolean;
  readonly choose: (text: string) => void;
}

/** What the agent proposes. A choice is put into the text area; taken back, the person's own words are there again. */
export function AnswerChoices({ options, text, disabled, choose }: AnswerChoicesProps): JSX.Element | null {
  const own = useRef('');
  if (options.length === 0) return null;
  return (
    <div class="choices" role="group" aria-label="Proposed answers">
      {options.map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={text === option}
          aria-disabled={disabled}
          onClick={() => {
            if (disabled) return;
            if (!options.includes(text)) own.current = text;
            choose(text === option ? own.current : option);
          }}
        >
          {plainText(option)}
        </button>
      ))}
    </div>
  );
}
