import type { IntentName } from '../events/catalogue.js';
import { dropIntent } from '../session/inbox.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { chooseRun, findProject, knownRuns } from './project.js';

/** `storyloop pause|resume|stop|cancel`: the same intent that VS Code and the hub drop. */
export async function sendIntent(intent: IntentName, which: string | undefined): Promise<ExitCode> {
  const project = await findProject(process.cwd());
  if (!project.ok) return complain(project.error, ExitCode.blocked);
  const chosen = chooseRun(await knownRuns(project.value), which);
  if (!chosen.ok) return complain(chosen.error, ExitCode.usage);
  const { state, interrupted } = chosen.value;
  if (interrupted || (state.status !== 'running' && state.status !== 'paused')) {
    const now = interrupted ? 'interrupted' : state.status;
    return complain(`${state.id} is ${now}. To go on: storyloop run --resume ${state.path ?? '<prd>'}`, ExitCode.usage);
  }
  await dropIntent(project.value.run(state.id), { intent, by: 'command line' }, Date.now());
  process.stdout.write(`Asked ${state.id} to ${intent}.\n`);
  return ExitCode.done;
}
