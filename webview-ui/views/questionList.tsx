import type { ComponentChildren, JSX } from 'preact';
import { plainText } from '../../src/state/outputText.js';
import { ANSWER_KEPT, openQuestions } from '../../src/state/questions.js';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { QuestionState, RunState, StoryState } from '../../src/state/runState.js';
import { isLive } from '../../src/state/selectors.js';
import { workerText } from '../../src/state/statusText.js';
import type { Answers } from '../answers.js';
import { addressOf } from '../writtenAnswer.js';
import type { Actions } from './actions.js';
import { AnswerForm } from './answerForm.js';
import { Icon } from './icon.js';

/** What questions need beside the story that asks. */
export interface QuestionParts {
  readonly answers: Answers;
  readonly actions: Actions;
}

interface QuestionListProps extends QuestionParts {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly story: StoryState;
}

/** All that a story's agents asked: what was answered, and what waits for a person. */
export function QuestionList(props: QuestionListProps): JSX.Element | null {
  const { questions = [] } = props.story;
  if (questions.length === 0) return null;
  const open = openQuestions(props.story);
  return (
    <div class="questions">
      {questions.map((question) => (
        <Question key={question.id} question={question} isOpen={open.includes(question)} {...props} />
      ))}
    </div>
  );
}

interface QuestionProps extends QuestionListProps {
  readonly question: QuestionState;
  readonly isOpen: boolean;
}

function Question(props: QuestionProps): JSX.Element {
  const { run, status, story, question, isOpen, answers } = props;
  const text = questionTextId(story, question);
  const waits = isOpen && answers.areRead(run, status) && answers.of(addressOf(run, story, question)).kind !== 'sent';
  // Where the focus goes when the form that had it is gone.
  return (
    <div
      class={waits ? 'question open' : 'question'}
      role="group"
      tabIndex={-1}
      aria-labelledby={text}
      aria-describedby={waits ? undefined : `${text}-answer`}
    >
      <h4>
        <Icon name="question" tone={waits ? 'warning' : 'muted'} />
        <span>{isOpen ? `${story.id} asks` : 'Asked'}</span>
        {isOpen && <Asker story={story} />}
      </h4>
      <p id={text} class="question-text">
        {plainText(question.question)}
      </p>
      <Outcome {...props} />
    </div>
  );
}

/** Only a story's last attempt has open questions: the next one begins with their answers. */
function Asker({ story }: { readonly story: StoryState }): JSX.Element | null {
  const attempt = story.attempts.at(-1);
  if (!attempt) return null;
  const worker = workerText(attempt);
  return (
    <span class="asker">{`Attempt ${attempt.attempt}${worker === undefined ? '' : `, ${plainText(worker)}`}`}</span>
  );
}

function Outcome({ run, status, story, question, isOpen, answers, actions }: QuestionProps): JSX.Element | null {
  const text = questionTextId(story, question);
  if (question.answer !== undefined) {
    return (
      <Answer
        id={`${text}-answer`}
        label={`Answer of ${plainText(question.answeredBy ?? 'a person')}`}
        text={question.answer}
      />
    );
  }
  const unread = (why: string): JSX.Element => (
    <p id={`${text}-answer`} class="muted">
      {why}
    </p>
  );
  if (!isOpen) return unread('Not answered');
  if (run.external) return null;
  if (!answers.areRead(run, status)) return unread(`The run is ${status}; nobody reads an answer.`);
  const address = addressOf(run, story, question);
  const answer = answers.of(address);
  if (answer.kind !== 'sent') {
    return (
      <AnswerForm
        address={address}
        options={question.options ?? []}
        describedBy={text}
        answer={answer}
        actions={actions}
      />
    );
  }
  return (
    <Answer id={`${text}-answer`} label="Your answer" text={answer.text}>
      <p class="muted">{isLive({ status }) ? 'On its way to the run' : ANSWER_KEPT}</p>
    </Answer>
  );
}

interface AnswerProps {
  readonly id: string;
  readonly label: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

function Answer({ id, label, text, children }: AnswerProps): JSX.Element {
  return (
    <div id={id} class="answered">
      <span class="muted">{label}</span>
      <p class="question-text">{plainText(text)}</p>
      {children}
    </div>
  );
}

const questionTextId = (story: StoryState, question: QuestionState): string => `question-${story.id}-${question.id}`;
