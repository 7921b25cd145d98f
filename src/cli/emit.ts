import type { Command } from 'commander';
import { askHub } from '../client/hubHttp.js';
import { seekHub } from '../client/provenHub.js';
import type { PublishedEvent } from '../events/envelope.js';
import { parsePublished } from '../events/published.js';
import { err, type Result } from '../primitives/result.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { dataOfAssignments, dataOfJson } from './emitData.js';
import { ExitCode } from './exitCodes.js';

interface EmitOptions {
  readonly prd?: string;
  readonly story?: string;
  readonly run?: string;
  readonly data?: string;
  readonly strict?: boolean;
}

const patienceMs = 1_000;
const strictPatienceMs = 10_000;

export function addEmit(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('emit')
    .argument('<type>', 'the type, for example story.started')
    .argument('[key=value...]', 'its data; a value that is JSON is taken as that, any other as text')
    .description('tell the hub of one event, from a script; nothing happens when there is no hub')
    .option('--prd <id>', 'the PRD that it is about')
    .option('--story <id>', 'the story that it is about')
    .option('--run <id>', 'what the script calls its run')
    .option('--data <json>', 'its data as a JSON object')
    .option('--strict', 'fail when the event was not stored')
    .action(async (type: string, assignments: string[], options: EmitOptions) => {
      exitWith(await emit(type, assignments, options));
    });
}

/** `storyloop emit`: a wrong call is always told; that no hub took the event is nobody's concern without `--strict`. */
async function emit(type: string, assignments: readonly string[], options: EmitOptions): Promise<ExitCode> {
  const event = eventOf(type, assignments, options);
  if (!event.ok) return complain(`Nothing was emitted: ${event.error}`, ExitCode.usage);
  const { strict = false } = options;
  const withinMs = strict ? strictPatienceMs : patienceMs;
  const hub = await seekHub(new UserPaths(), withinMs);
  if (!hub.ok) return strict ? complain(hub.error, ExitCode.blocked) : ExitCode.done;
  const stored = await askHub(hub.value, '/emit?publisher=script', {
    method: 'POST',
    body: event.value,
    withinMs,
    signal: AbortSignal.timeout(withinMs),
  });
  if (stored.ok) return ExitCode.done;
  const { status, message } = stored.error;
  if (status === 400) return complain(`Nothing was emitted: ${message}`, ExitCode.usage);
  return strict ? complain(`The hub did not store the event: ${message}`, ExitCode.blocked) : ExitCode.done;
}

function eventOf(
  type: string,
  assignments: readonly string[],
  { prd, story, run, data: json }: EmitOptions,
): Result<PublishedEvent, string> {
  if (json !== undefined && assignments.length > 0) return err('give either key=value or --data, not both');
  const data = json === undefined ? dataOfAssignments(type, assignments) : dataOfJson(json);
  if (!data.ok) return data;
  return parsePublished({ type, prd_id: prd, story_id: story, run_id: run, data: data.value });
}
