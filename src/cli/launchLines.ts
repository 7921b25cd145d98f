import { visibleText } from '../config/commandText.js';
import type { ProofPolicy } from '../config/config.js';
import type { PlannedCommand, RunPlan } from '../plan/plan.js';

const headings: Readonly<Record<PlannedCommand['kind'], string>> = {
  setup: 'Set-up of each worktree:',
  gate: 'Gates, on every result:',
  advisory: 'Gates that only warn:',
  test: 'Tests that the agent names, one by one:',
  verify: 'Checks of criteria (verify:):',
  other: 'Named by .storyloop.json, and not used now:',
};

/** What a run will execute, one line each: what a person reads before agreeing, in the terminal and in VS Code. */
export function launchLines(plan: RunPlan): string[] {
  const { prd, repository, branch, ladder, reviewer, commands, config } = plan;
  const { copy = [] } = config;
  const sections = Object.entries(headings).flatMap(([kind, heading]) => {
    const texts = commands.filter((command) => command.kind === kind).map(({ text }) => indented(text));
    return texts.length === 0 ? [] : [heading, ...texts];
  });
  const suggested = ladder[0].agent.takesModel ? prd.stories.map((story) => story.suggestedModel ?? '') : [];
  const models = [...new Set(suggested)].filter((model) => model !== '');
  return [
    visibleText(`${prd.title}: ${prd.stories.length} stories, ${workersText(config.workers)}`),
    visibleText(`Repository: ${repository.root}`),
    visibleText(`Result on branch: ${branch}`),
    ...(ladder.length === 1 ? ['Agent:'] : ['Agents, one after the other on a story that is not done:']),
    ...ladder.map(({ agent, attempts }) =>
      indented(ladder.length === 1 ? agent.commandText : `${agent.commandText} (attempts: ${attempts})`),
    ),
    ...(models.length === 0 ? [] : [`Models that the PRD suggests for a first attempt: ${models.join(', ')}`]),
    ...(copy.length === 0 ? [] : ['Copied into each worktree, where it is not in git:', ...copy.map(indented)]),
    ...proofLines(config.proof, reviewer.agent.commandText, ladder[0].agent.commandText),
    ...(sections.length === 0 ? ['Gates and checks: none'] : sections),
    ...plan.notes.map((note) => visibleText(`Note: ${note}`)),
  ];
}

/** What counts as proof; who reviews is named where it is somebody else. */
function proofLines(policy: ProofPolicy, reviewer: string, implementer: string): string[] {
  switch (policy) {
    case 'trusting':
      return ['Criteria that no command can prove: left open'];
    case 'standard':
      return reviewer === implementer
        ? ['Criteria that no command can prove: reviewed by the same agent, afresh']
        : ['Criteria that no command can prove: reviewed by', indented(reviewer)];
    case 'strict':
      return ['Criteria that neither a command nor a test proves: sent back'];
  }
}

const workersText = (workers: number): string => (workers === 1 ? 'one at a time' : `up to ${workers} at a time`);

const indented = (text: string): string => `    ${visibleText(text)}`;
