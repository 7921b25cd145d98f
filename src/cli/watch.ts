import type { Command } from 'commander';
import { EventFollower, type FollowState } from '../client/eventFollower.js';
import { findHub } from '../client/provenHub.js';
import { cursorText } from '../events/cursor.js';
import type { Envelope } from '../events/envelope.js';
import { eventPattern } from '../events/pattern.js';
import { systemClock } from '../primitives/clock.js';
import { deferred } from '../primitives/deferred.js';
import { silentLogger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { UserPaths } from '../session/paths.js';
import { complain } from './complain.js';
import { EventFile } from './eventFile.js';
import { ExitCode } from './exitCodes.js';
import { watchLine } from './watchLine.js';
import { resolveWatch } from './watchTarget.js';

interface WatchOptions {
  readonly prd?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly output?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function addWatch(program: Command, exitWith: (code: ExitCode) => void): void {
  program
    .command('watch')
    .description('what happens, as lines, from whatever hub there is; Ctrl-C ends it')
    .option('--prd <prd>', 'only this PRD: its id, a beginning of it, or its file')
    .option('--type <pattern...>', 'only these types, for example "story.*"')
    .option('--since <cursor>', 'begin after this cursor, or with "start" at the beginning')
    .option('--output <file>', 'append the events to a file, and go on after the last one in it')
    .option('--quiet', 'errors only')
    .option('--json', 'one JSON event a line')
    .action(async (options: WatchOptions) => {
      exitWith(await watch(options));
    });
}

/** `storyloop watch` */
async function watch(options: WatchOptions): Promise<ExitCode> {
  const wish = wishOf(options);
  if (!wish.ok) return complain(wish.error, ExitCode.usage);
  const output = options.output === undefined ? undefined : EventFile.open(options.output);
  if (output && !output.ok) return complain(output.error, ExitCode.usage);
  using file = output?.value;

  const interrupted = new AbortController();
  const ended = deferred<ExitCode>();
  const end = (): void => {
    interrupted.abort();
    ended.resolve(ExitCode.done);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  // Whoever read the lines has had enough.
  process.stdout.on('error', end);

  const find = (): ReturnType<typeof findHub> => findHub(new UserPaths());
  const notice = options.quiet ? (): void => {} : tellPeople();
  const target = await resolveWatch({
    find,
    prd: options.prd,
    since: file?.last ?? options.since,
    onAbsent: () => {
      notice({ kind: 'absent' });
    },
    signal: interrupted.signal,
  });
  if (target === 'interrupted') return ExitCode.done;
  if (!target.ok) return complain(target.error, ExitCode.usage);
  const { unknownPrd } = target.value;
  if (unknownPrd !== undefined && !options.quiet)
    process.stderr.write(`No run of "${unknownPrd}" is known. Waiting for one of exactly this name.\n`);
  await using follower = new EventFollower({
    find,
    filter: { ...wish.value, ...target.value.filter },
    since: target.value.since,
    clock: systemClock,
    logger: silentLogger,
    onEvent: (event) => {
      try {
        if (file && 'cursor' in event) file.append(event);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        ended.resolve(complain(`${options.output ?? ''} cannot be written: ${why}`, ExitCode.blocked));
        return;
      }
      show(event, options);
    },
    onReset: (from, to) => {
      process.stderr.write(`Events after ${from ?? 'the beginning'} cannot be had any more; going on after ${to}.\n`);
    },
    onState: notice,
  });
  follower.start();
  return await ended.promise;
}

function wishOf({ type, since }: WatchOptions): Result<{ readonly types?: string[] }, string> {
  const wrong = type?.find((pattern) => !eventPattern.safeParse(pattern).success);
  if (wrong !== undefined) return err(`"${wrong}" is no type. A type looks like story.started, story.* or *`);
  if (since !== undefined && since !== 'start' && !cursorText.safeParse(since).success) {
    return err(`"${since}" is no cursor. A cursor looks like 9f2c01ab:1041; "start" is the beginning`);
  }
  return ok(type === undefined ? {} : { types: [...type] });
}

function show(event: Envelope, { json, quiet = false }: WatchOptions): void {
  const line = watchLine(event, quiet);
  if (json && (line !== undefined || !quiet)) process.stdout.write(`${JSON.stringify(event)}\n`);
  else if (line !== undefined && !json) process.stdout.write(`${line}\n`);
}

/** Says on standard error what the follower does; each thing once, however often it comes. */
function tellPeople(): (state: FollowState) => void {
  let last = '';
  return (state) => {
    const text = stateText(state);
    if (text !== last) process.stderr.write(`${text}\n`);
    last = text;
  };
}

function stateText(state: FollowState): string {
  switch (state.kind) {
    case 'absent':
      return 'There is no hub. Waiting for one…';
    case 'unreachable':
      return 'The hub cannot be reached. Trying again…';
    case 'following':
      return `Following the hub at http://${state.hub.host}:${state.hub.port} (${state.transport}).`;
  }
}
