import { proofText, provedCriteria } from '../state/selectors.js';
import { isWaiting, questionTexts } from '../state/questions.js';
import { limitText } from '../state/statusText.js';
import { clientSnapshot, snapshotRun } from '../state/snapshot.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { printable } from './printable.js';
import { chooseRun, findProject, knownRuns, type KnownRun } from './project.js';

/** `storyloop status`: the fold of the journals, for people or as JSON. */
export async function status(which: string | undefined, options: { readonly json?: boolean }): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const runs = await knownRuns(project.value);
  if (which === undefined && options.json) {
    const state = { runs: new Map(runs.map(({ state: run }) => [run.id, run])) };
    const interrupted = new Set(runs.filter((run) => run.interrupted).map(({ state: { id } }) => id));
    process.stdout.write(`${JSON.stringify(clientSnapshot(state, interrupted))}\n`);
    return ExitCode.done;
  }
  const chosen = chooseRun(runs, which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  process.stdout.write(options.json ? `${JSON.stringify(asJson(chosen.value))}\n` : asText(chosen.value));
  return ExitCode.done;
}

function asJson({ state, interrupted }: KnownRun): object {
  return { ...snapshotRun(state), interrupted };
}

function asText({ state, interrupted }: KnownRun): string {
  const lines = [
    `${state.title} (${state.prdId})`,
    `Run ${state.id}: ${interrupted ? 'interrupted; go on with storyloop run --resume' : state.status}${state.statusReason === undefined ? '' : ` (${state.statusReason})`}`,
    `${state.counts.completed}/${state.counts.total} stories, ${state.counts.proved} of ${state.counts.criteria} criteria proved`,
    ...(state.branch === undefined
      ? []
      : [`Branch ${state.branch}${state.branchBehind === undefined ? '' : ` (left alone: ${state.branchBehind})`}`]),
    ...(limitText(state) === undefined || interrupted ? [] : [limitText(state)]),
    '',
  ];
  for (const story of state.stories.values()) {
    lines.push(
      `${story.id} ${isWaiting(story) ? 'waiting' : story.status.replace('_', ' ')}: ${story.title} (${provedCriteria(story)}/${story.criteria.length})`,
    );
    for (const text of questionTexts(story)) lines.push(`  ${printable(text)}`);
    for (const criterion of story.criteria)
      lines.push(`  AC-${criterion.index} ${criterion.text}: ${proofText(criterion)}`);
  }
  return `${lines.join('\n')}\n`;
}
