import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { answerText } from '../../src/events/question.js';
import { intentText } from '../../src/state/statusText.js';
import type { AnswerState } from '../answers.js';
import type { QuestionAddress } from '../writtenAnswer.js';
import type { Actions } from './actions.js';
import { AnswerChoices } from './answerChoices.js';
import { Icon } from './icon.js';

interface AnswerFormProps {
  readonly address: QuestionAddress;
  readonly options: readonly string[];
  /** Id of what is asked. */
  readonly describedBy: string;
  readonly answer: AnswerState;
  readonly actions: Actions;
}

/** A person's own words, or one of what the agent proposes. What is typed is kept as it is typed. */
export function AnswerForm({ address, options, describedBy, answer, actions }: AnswerFormProps): JSX.Element {
  const [text, setText] = useState(answer.text);
  const form = useFocusLeftToQuestion();
  const field = answerFieldId(address);
  const sending = answer.kind === 'sending';
  const empty = text.trim() === '';
  const tooLong = !empty && !answerText.safeParse(text.trim()).success;
  const problem = tooLong ? 'This answer is too long.' : answer.problem;
  const write = (next: string): void => {
    setText(next);
    actions.writeAnswer(address, next);
  };
  return (
    <form
      ref={form}
      class="answer"
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending) actions.sendAnswer(address);
      }}
    >
      <AnswerChoices options={options} text={text} disabled={sending} choose={write} />
      <label for={field}>Your answer</label>
      <textarea
        id={field}
        rows={2}
        value={text}
        readOnly={sending}
        aria-describedby={problem === undefined ? describedBy : `${describedBy} ${field}-problem`}
        aria-invalid={tooLong}
        onInput={({ currentTarget }) => {
          write(currentTarget.value);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
          event.preventDefault();
          event.currentTarget.form?.requestSubmit();
        }}
      />
      {problem !== undefined && (
        <p id={`${field}-problem`} class="answer-problem" role="alert">
          <Icon name="error" tone="bad" />
          <span>{problem}</span>
        </p>
      )}
      <div class="controls">
        <button
          type="submit"
          class="primary"
          aria-disabled={sending || empty || tooLong}
          aria-keyshortcuts="Control+Enter Meta+Enter"
        >
          <Icon name={sending ? 'loading' : icon} spin={sending} />
          <span>{sending ? 'Sending…' : label}</span>
        </button>
        <kbd class="muted">{sendKey}</kbd>
      </div>
    </form>
  );
}

const { icon, label } = intentText('answer');
const sendKey = /Mac/.test(navigator.userAgent) ? '⌘ Enter' : 'Ctrl+Enter';

export const answerFieldId = ({ story_id, question_id }: QuestionAddress): string =>
  `answer-${story_id}-${question_id}`;

/** Who sent an answer with the keyboard stays at its question when the form is gone. */
function useFocusLeftToQuestion(): { readonly current: HTMLFormElement | null } {
  const form = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => {
    const element = form.current;
    return () => {
      if (element?.contains(document.activeElement)) element.closest<HTMLElement>('.question')?.focus();
    };
  }, []);
  return form;
}
