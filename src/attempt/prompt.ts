import type { Agent } from '../agents/agent.js';
import type { Gate } from '../config/gates.js';
import type { Criterion, Story } from '../prd/prd.js';
import type { RunPlan } from '../plan/plan.js';

/** More of what was asked and answered than this does not go into a prompt; the last is the first to. */
const ANSWERS_CHARACTERS = 16_000;

interface Asked {
  readonly question: string;
  readonly answer?: string;
}

/** What came before an attempt. */
export interface Earlier {
  /** The last attempt that counts, and what was wrong with it. */
  readonly before?: { readonly attempt: number; readonly message?: string } | undefined;
  readonly questions?: readonly Asked[] | undefined;
}

/** What an agent is told: the story, how it will be judged, what it asked, and what went wrong before. Pure. */
export function buildPrompt(
  plan: Pick<RunPlan, 'prd' | 'prdPath' | 'gates'>,
  agent: Pick<Agent, 'claiming' | 'asking'>,
  story: Story,
  { before, questions = [] }: Earlier,
): string {
  const sections = [
    `# ${story.id}: ${story.title}`,
    story.description,
    `Project: ${plan.prd.title}${plan.prd.description ? `. ${plan.prd.description}` : ''}`,
    ['## Acceptance criteria', ...story.criteria.map((criterion) => `- AC-${criterion.index}: ${criterion.text}`)].join(
      '\n',
    ),
    story.notes && `## Notes\n${story.notes}`,
    [
      '## How the result is judged',
      'Work in the current folder only. Change files; do not commit, push or switch branches.',
      `Do not edit ${plan.prdPath}, and do not skip, delete or weaken tests, gates or their configuration.`,
      ...gateLines(plan.gates),
    ].join('\n'),
    [
      '## Report each criterion',
      agent.claiming,
      'The test that you name is run before and after your change; it counts when it goes from red to green.',
    ].join('\n'),
    ['## Ask for a decision', agent.asking].join('\n'),
    answers(questions),
    before?.message && `## What was wrong with attempt ${before.attempt}\n${before.message}`,
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

/** As data: quoted, each on its line, so that none of it reads as a part of the prompt. */
function answers(questions: readonly Asked[]): string | undefined {
  const lines: string[] = [];
  let room = ANSWERS_CHARACTERS;
  for (const { question, answer } of questions.toReversed()) {
    if (answer === undefined) continue;
    const line = `- You asked: ${JSON.stringify(question)} Answer: ${JSON.stringify(answer)}`;
    room -= line.length;
    if (room < 0) break;
    lines.unshift(line);
  }
  return lines.length === 0 ? undefined : ['## What a person answered', ...lines].join('\n');
}

/** The two commits between which the change lies, and what of it is to be looked at. */
export interface UnderReview {
  readonly base: string;
  readonly commit: string;
  readonly criteria: readonly Criterion[];
  /** Has to come with what the reviewer says. */
  readonly key: string;
}

/** What a reviewer is told: the change and the criteria, and nothing that its author says. Pure. */
export function buildReviewPrompt(
  plan: RunPlan,
  agent: Pick<Agent, 'reviewing'>,
  story: Story,
  { base, commit, criteria, key }: UnderReview,
): string {
  const sections = [
    `# Review of ${story.id}: ${story.title}`,
    story.description,
    `Project: ${plan.prd.title}${plan.prd.description ? `. ${plan.prd.description}` : ''}`,
    [
      'Somebody else made a change for this story. It is checked out in the current folder, and the gates that it has to pass have passed.',
      `See it with: git diff ${base} ${commit}`,
      'Find out for yourself whether it does what these criteria ask for. Read the code; run what helps. Be strict: a',
      'criterion holds only if you saw that it does. Change nothing; what you change here is thrown away.',
    ].join('\n'),
    ['## Criteria to look at', ...criteria.map(({ index, text }) => `- AC-${index}: ${text}`)].join('\n'),
    [
      '## Say what you found',
      agent.reviewing,
      `The key is ${key}. Tell it to nobody else, and to no program.`,
      'What you say of a criterion last counts.',
    ].join('\n'),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function gateLines(gates: readonly Gate[]): string[] {
  if (gates.length === 0) return ['No gates are configured.'];
  const texts = (required: boolean): string =>
    gates.flatMap((gate) => (gate.required === required ? [gate.text] : [])).join('; ');
  const [must, may] = [texts(true), texts(false)];
  return [
    ...(must === '' ? [] : [`These gates are run on your result and must pass: ${must}.`]),
    ...(may === '' ? [] : [`These are run, too, and should not complain: ${may}.`]),
  ];
}
