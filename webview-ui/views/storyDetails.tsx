import type { JSX } from 'preact';
import type { ShownStatus } from '../../src/state/liveness.js';
import type { ActiveCommand, CriterionState, RunState, StoryState } from '../../src/state/runState.js';
import { isLive, proofText, short } from '../../src/state/selectors.js';
import { lastLines, plainText } from '../../src/state/outputText.js';
import { commandKindText, criterionLook, foreseenText, waitsText } from '../../src/state/statusText.js';
import { AttemptList } from './attemptList.js';
import { Duration } from './duration.js';
import { GateList, GateOutputs } from './gateList.js';
import { Icon, StatusIcon } from './icon.js';
import { Prose } from './prose.js';
import { QuestionList, type QuestionParts } from './questionList.js';

interface StoryDetailsProps extends QuestionParts {
  readonly run: RunState;
  readonly status: ShownStatus;
  readonly story: StoryState;
  readonly output: (taskId: string) => string;
}

/** What happens now, each criterion with its proof, the gates of the current attempt, and the attempts so far. */
export function StoryDetails({ run, status, story, output, ...asking }: StoryDetailsProps): JSX.Element {
  const live = isLive({ status });
  return (
    <>
      {story.message !== undefined && <p class="muted">{plainText(story.message)}</p>}
      {[...(live ? waitsText(story) : []), ...foreseenText(story)].map((text) => (
        <p key={text} class="muted">
          {text}
        </p>
      ))}
      <QuestionList run={run} status={status} story={story} {...asking} />
      <StoryFacts story={story} />
      {live &&
        story.commands.map((command) => (
          <RunningCommand key={command.taskId} command={command} output={output(command.taskId)} />
        ))}
      <div class="detail-columns">
        <section>
          <h4>Acceptance criteria</h4>
          {story.criteria.length === 0 && <p class="muted">None known</p>}
          <ul class="criteria">
            {story.criteria.map((criterion) => (
              <Criterion key={criterion.index} criterion={criterion} />
            ))}
          </ul>
        </section>
        <GateList story={story} live={live} />
      </div>
      <GateOutputs story={story} />
      <AttemptList story={story} run={run} live={live} />
    </>
  );
}

/** What it builds on and what came of it. */
function StoryFacts({ story }: { readonly story: StoryState }): JSX.Element | null {
  const { dependsOn, commits } = story;
  if (dependsOn.length === 0 && commits.length === 0) return null;
  return (
    <p class="muted story-facts">
      {dependsOn.length > 0 && <span>Depends on {dependsOn.join(', ')}</span>}
      {commits.length > 0 && (
        <span>
          {'Committed as '}
          {commits.map((commit) => (
            <code key={commit} title={commit}>
              {`${short(commit)} `}
            </code>
          ))}
        </span>
      )}
    </p>
  );
}

function Criterion({ criterion }: { readonly criterion: CriterionState }): JSX.Element {
  return (
    <li>
      <StatusIcon look={criterionLook[criterion.status]} />
      <span class="criterion">
        <span class="criterion-text">
          <span class="criterion-id">AC-{criterion.index}</span> <Prose text={criterion.text} />
        </span>
        <span class="proof">{lastLines(plainText(proofText(criterion)), 6)}</span>
      </span>
    </li>
  );
}

/** Lines of a running command that are shown; the box keeps that height so that nothing below it moves. */
const OUTPUT_LINES = 6;

function RunningCommand({
  command,
  output,
}: {
  readonly command: ActiveCommand;
  readonly output: string;
}): JSX.Element {
  return (
    <div class="running-command">
      <p>
        <Icon name="loading" tone="active" spin />
        <span>{commandKindText(command.kind)}</span>
        <code>{command.command}</code>
        <Duration from={command.since} to={undefined} />
      </p>
      {output !== '' && <pre class="command-output">{lastLines(output, OUTPUT_LINES)}</pre>}
    </div>
  );
}
