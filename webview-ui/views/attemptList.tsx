import type { JSX } from 'preact';
import type { AttemptState, RunState, StoryState } from '../../src/state/runState.js';
import { plainText } from '../../src/state/outputText.js';
import { short } from '../../src/state/selectors.js';
import { interruptedLook, reasonText, runLook, workerText, type StatusLook } from '../../src/state/statusText.js';
import { Duration } from './duration.js';
import { StatusIcon } from './icon.js';
import { OutputTail } from './outputTail.js';

/** The attempts, the latest first, with why each ended and where its work is kept. */
export function AttemptList({
  story,
  run,
  live,
}: {
  readonly story: StoryState;
  readonly run: RunState;
  /** Whether somebody executes the run. */
  readonly live: boolean;
}): JSX.Element | null {
  if (story.attempts.length === 0) return null;
  return (
    <section>
      <h4>Attempts</h4>
      <ul class="attempts">
        {story.attempts.toReversed().map((attempt) => (
          <Attempt key={attempt.attempt} attempt={attempt} run={run} live={live} />
        ))}
      </ul>
    </section>
  );
}

function Attempt({
  attempt,
  run,
  live,
}: {
  readonly attempt: AttemptState;
  readonly run: RunState;
  readonly live: boolean;
}): JSX.Element {
  const look = attemptLook(attempt, live);
  const worker = workerText(attempt);
  const end = attempt.endedAt ?? (live ? undefined : (run.endedAt ?? run.updatedAt));
  return (
    <li>
      <div class="attempt">
        <StatusIcon look={look} />
        <span>Attempt {attempt.attempt}</span>
        {worker !== undefined && <span class="muted">{plainText(worker)}</span>}
        <span class="muted">{attempt.reason === undefined ? look.text : reasonText(attempt.reason)}</span>
        <span class="muted">
          <Duration from={attempt.startedAt} to={end} />
        </span>
        {attempt.commit !== undefined && (
          <span class="muted" title={attempt.ref}>
            saved as <code>{short(attempt.commit)}</code>
          </span>
        )}
      </div>
      {attempt.success === false && attempt.reason !== 'question' && attempt.message !== undefined && (
        <OutputTail label="What went wrong" text={attempt.message} />
      )}
    </li>
  );
}

function attemptLook(attempt: AttemptState, live: boolean): StatusLook {
  if (attempt.success === true) return { icon: 'pass-filled', text: 'Succeeded', tone: 'good' };
  if (attempt.reason === 'question') return { icon: 'question', text: reasonText('question'), tone: 'warning' };
  if (attempt.success === false) return { icon: 'error', text: 'Did not succeed', tone: 'bad' };
  if (attempt.endedAt !== undefined) return { icon: 'check', text: 'Over', tone: 'muted' };
  return live ? runLook.running : interruptedLook;
}
