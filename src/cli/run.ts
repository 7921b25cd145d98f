import { createInterface } from 'node:readline/promises';
import * as z from 'zod';
import { configSchema, type Config, type ProofPolicy } from '../config/config.js';
import { Control } from '../coordinator/control.js';
import { executeRun } from '../coordinator/coordinator.js';
import type { RunEnd } from '../coordinator/runEnd.js';
import { planRun, problemText, type RunPlan } from '../plan/plan.js';
import { describe } from '../events/envelope.js';
import { systemClock } from '../primitives/clock.js';
import { silentLogger } from '../primitives/logger.js';
import { err, ok, type Result } from '../primitives/result.js';
import { approve } from '../session/approvals.js';
import { UserPaths } from '../session/paths.js';
import { takeTicket } from '../session/ticket.js';
import { openQuestions } from '../state/questions.js';
import { heldText } from '../state/statusText.js';
import { complain } from './complain.js';
import { ExitCode } from './exitCodes.js';
import { keyPress } from './keyPress.js';
import { launchLines } from './launchLines.js';
import { printable } from './printable.js';
import { createView } from './view.js';

export interface RunOptions {
  readonly agent?: string;
  readonly script?: string;
  readonly workers?: number;
  readonly proof?: ProofPolicy;
  readonly resume?: boolean;
  readonly fresh?: boolean;
  readonly wait?: number | true;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly stream: boolean;
  readonly check?: boolean;
  readonly ticket?: string;
}

/** What VS Code puts into a launch ticket. */
const ticketSchema = z.object({
  prd: z.string(),
  config: configSchema,
  mode: z.enum(['auto', 'resume', 'fresh']),
});

interface Request {
  readonly prd: string;
  readonly config: Config;
  readonly mode: 'auto' | 'resume' | 'fresh';
}

const DEFAULT_WAIT_S = 300;

/** `storyloop run`: the composition root of the coordinator. */
export async function run(prd: string | undefined, options: RunOptions): Promise<ExitCode> {
  const user = new UserPaths();
  const request = await requestOf(user, prd, options);
  if (!request.ok) {
    const code = complain(request.error, ExitCode.usage);
    return options.ticket === undefined ? code : untilSeen(code);
  }
  const planned = await planRun(request.value.prd, request.value.config, user, process.env);
  if (!planned.ok) {
    const code = planned.error.kind === 'usage' ? ExitCode.usage : ExitCode.blocked;
    if (options.check && options.json) process.stdout.write(`${JSON.stringify({ problem: planned.error.message })}\n`);
    return complain(planned.error.message, code);
  }
  const plan = planned.value;
  if (options.check) {
    process.stdout.write(options.json ? `${JSON.stringify(summary(plan))}\n` : `${launchLines(plan).join('\n')}\n`);
    return ExitCode.done;
  }
  for (const warning of plan.warnings) process.stderr.write(`${problemText(plan.prdPath, warning)}\n`);
  for (const note of plan.notes) process.stderr.write(`Note: ${note}\n`);
  if (!(await agreed(plan, user, options.yes ?? false))) {
    return complain(
      'Nothing was started. Read the commands above and run again with --yes to approve them.',
      ExitCode.usage,
    );
  }
  const control = new Control();
  const terminal = { isThere: true };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP') terminal.isThere = false;
    if (signal === 'SIGHUP' && plan.config.run?.onTerminalClose === 'continue') return;
    control.stop('signal');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  const view = createView(
    options.json ? 'json' : options.stream && process.stdout.isTTY ? 'live' : 'lines',
    systemClock,
  );
  try {
    const running = executeRun({
      plan,
      user,
      mode: request.value.mode,
      waitMs: options.wait === undefined ? 0 : 1_000 * (options.wait === true ? DEFAULT_WAIT_S : options.wait),
      clock: systemClock,
      logger: silentLogger,
      control,
      onWaiting: (holder) => {
        process.stderr.write(`Waiting for ${holder.role} (pid ${holder.pid}, since ${holder.since}) to end…\n`);
      },
      onDiskRoom: (isFull) => {
        process.stderr.write(
          isFull
            ? `The disk of ${plan.paths.state} is full. The run waits and goes on when there is room; Ctrl+C ends it.\n`
            : 'There is room on the disk again; the run goes on.\n',
        );
      },
      onEvent: (event, state) => {
        view.show(event, state);
      },
    });
    const end = await running.finally(() => view.end());
    const code = report(end, plan);
    for (const signal of signals) process.off(signal, onSignal);
    const isWatched = options.ticket !== undefined && terminal.isThere && control.stopReason !== 'signal';
    return isWatched && isTold(end) ? await untilSeen(code, 'The run is over. ') : code;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Whether its journal says how the run ended. */
function isTold({ kind }: RunEnd): boolean {
  return kind === 'completed' || kind === 'unfinished' || kind === 'waiting' || kind === 'stopped';
}

/**
 * A terminal of VS Code closes with its process, and shows an error of its own for every exit code but 0, so what was
 * said last stays until somebody has seen it. Who has no terminal gets `code`.
 */
async function untilSeen(code: ExitCode, before = ''): Promise<ExitCode> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return code;
  process.stdout.write(`${before}Press any key to close this terminal.\n`);
  await keyPress(process.stdin);
  return ExitCode.done;
}

async function requestOf(
  user: UserPaths,
  prd: string | undefined,
  options: RunOptions,
): Promise<Result<Request, string>> {
  if (options.ticket !== undefined) {
    const ticket = await takeTicket(user, options.ticket);
    if (!ticket.ok) {
      return err(
        `This terminal's run was started before (its ticket is spent), and nothing is started twice. To go on with the run: "Storyloop: Resume PRD run" in the Command Palette, or storyloop run --resume ${prd ?? '<prd>'}`,
      );
    }
    const parsed = ticketSchema.safeParse(ticket.value);
    return parsed.success ? ok(parsed.data) : err(`The launch ticket is not valid: ${describe(parsed.error, [])}`);
  }
  if (prd === undefined) return err('Name the PRD file, for example: storyloop run prd.json');
  if (options.resume && options.fresh) return err('--resume and --fresh exclude each other.');
  const config: Config = {
    ...(options.agent !== undefined && { agent: options.agent }),
    ...(options.workers !== undefined && { workers: options.workers }),
    ...(options.proof !== undefined && { proof: options.proof }),
    ...(options.script !== undefined && { agent: 'scripted', agents: { scripted: { script: options.script } } }),
  };
  return ok({ prd, config, mode: options.resume ? 'resume' : options.fresh ? 'fresh' : 'auto' });
}

/** Commands that a repository names run only after a person saw them. */
async function agreed(plan: RunPlan, user: UserPaths, yes: boolean): Promise<boolean> {
  if (plan.unapproved.length === 0) return true;
  if (!yes) {
    process.stderr.write(`${launchLines(plan).join('\n')}\n`);
    if (!process.stdin.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question('Run these commands? [y/N] ');
    terminal.close();
    if (!/^y(es)?$/i.test(answer.trim())) return false;
  }
  await approve(user, plan.project.id, plan.unapproved);
  return true;
}

/** What a run will do here, for VS Code. */
function summary(plan: RunPlan): Record<string, unknown> {
  return {
    title: plan.prd.title,
    prd_id: plan.prdId,
    project: plan.project.id,
    root: plan.repository.root,
    agent: plan.agent.commandText,
    commands: plan.commands.map(({ text }) => text),
    unapproved: plan.unapproved,
    lines: launchLines(plan),
  };
}

function report(end: RunEnd, plan: RunPlan): ExitCode {
  const held = 'state' in end ? heldText(end.state) : undefined;
  if (held !== undefined) process.stderr.write(`${held}\n`);
  switch (end.kind) {
    case 'completed':
      if (end.state.branchBehind !== undefined && end.state.tip !== undefined) {
        process.stderr.write(
          `The result is ${end.state.tip}; the branch was left alone (${end.state.branchBehind}). To take it: git merge --ff-only ${end.state.tip}\n`,
        );
      }
      return ExitCode.done;
    case 'unfinished':
      return ExitCode.unfinished;
    case 'waiting': {
      const [story] = [...end.state.stories.values()].filter((one) => openQuestions(one).length > 0);
      const answer = story === undefined ? '' : ` Answer with: storyloop answer ${story.id} "…"`;
      return complain(
        `${printable(end.state.statusReason ?? '')}\n${answer.trim()}\nThen go on with: storyloop run --resume ${plan.prdPath}`,
        ExitCode.unfinished,
      );
    }
    case 'stopped':
      return complain(
        `${end.state.statusReason ?? 'Stopped'}. To go on: storyloop run --resume ${plan.prdPath}`,
        ExitCode.stopped,
      );
    case 'held': {
      const { holder, heartbeatAgeMs } = end.held;
      const age = heartbeatAgeMs === undefined ? '' : `, last heartbeat ${Math.round(heartbeatAgeMs / 1_000)} s ago`;
      return complain(
        `${plan.prdPath} is being run by ${holder.role} (pid ${holder.pid} on ${holder.host}, since ${holder.since}${age}). ` +
          'Wait for it with --wait, or stop it with: storyloop stop',
        ExitCode.held,
      );
    }
    case 'nothing-to-resume':
      return complain(
        `There is no unfinished run of ${plan.prdPath}. To start one: storyloop run ${plan.prdPath}`,
        ExitCode.usage,
      );
    case 'lost':
      return complain(
        'Another coordinator took this run over; this one has ended and changed nothing since.',
        ExitCode.held,
      );
    case 'blocked':
      return complain(end.message, ExitCode.blocked);
  }
}
