import type { JSX } from 'preact';
import type { ShownStatus } from '../../src/state/liveness.js';
import { plainText } from '../../src/state/outputText.js';
import { ANSWER_KEPT, hasOpenQuestions } from '../../src/state/questions.js';
import type { RunState } from '../../src/state/runState.js';
import { isLive } from '../../src/state/selectors.js';
import type { Answers, OpenQuestion } from '../answers.js';
import type { Actions } from './actions.js';
import { answerFieldId } from './answerForm.js';
import { Icon } from './icon.js';

interface WaitingBannerProps {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly answers: Answers;
  readonly actions: Actions;
}

/** That a person's answer is waited for, and the way to each question. Read aloud it is with the run's summary. */
export function WaitingBanner({ run, status, answers, actions }: WaitingBannerProps): JSX.Element | null {
  const waiting = answers.waiting(run, status);
  if (waiting.length > 0) {
    return (
      <section class="banner waiting tone-warning" aria-label="Questions">
        <Icon name="question" tone="warning" />
        <strong>Waiting for an answer</strong>
        <ul>
          {waiting.map((asked) => (
            <li key={answerFieldId(asked.address)}>
              <QuestionLink asked={asked} actions={actions} />
            </li>
          ))}
        </ul>
      </section>
    );
  }
  if (isLive({ status }) || !answers.areRead(run, status) || !hasOpenQuestions(run)) return null;
  return (
    <section class="banner tone-active" aria-label="Questions">
      <Icon name="comment" tone="active" />
      <span>{ANSWER_KEPT}</span>
    </section>
  );
}

interface QuestionLinkProps {
  readonly asked: OpenQuestion;
  readonly actions: Actions;
}

function QuestionLink({ asked: { question, address }, actions }: QuestionLinkProps): JSX.Element {
  return (
    <button
      type="button"
      class="link"
      title={`Answer ${address.story_id}`}
      onClick={() => {
        actions.expandStory(address.run_id, address.story_id, true);
        const field = (): HTMLElement | null => document.getElementById(answerFieldId(address));
        if (field()) field()?.focus();
        // Once its story is drawn open.
        else requestAnimationFrame(() => field()?.focus());
      }}
    >
      {`${address.story_id} asks: ${firstLine(plainText(question.question))}`}
    </button>
  );
}

const firstLine = (text: string): string => text.trim().split('\n', 1).join('');
