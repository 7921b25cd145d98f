import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { version } from '../../package.json';
import { proofPolicies } from '../config/config.js';
import { isDiskFull, isForbidden } from '../records/durability.js';
import { UnsafeFile } from '../session/privateFile.js';
import { addAnswer } from './answer.js';
import { complain } from './complain.js';
import { addClean } from './clean.js';
import { addEmit } from './emit.js';
import { addExplain } from './explain.js';
import { ExitCode } from './exitCodes.js';
import { addHubFlags } from './hubFlags.js';
import { addIntents } from './intent.js';
import { addList } from './list.js';
import { addMerge } from './merge.js';
import type { ReportOptions } from './report.js';
import type { RunOptions } from './run.js';
import type { ServeOptions } from './serve.js';
import { addTlsFlags } from './serveTls.js';
import { addToken } from './token.js';
import { addWatch } from './watch.js';

const seconds = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('Expected a number of seconds.');
  return value;
};

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Parses the command line and answers the exit code. Each command loads what it needs: a hub has no use for what runs a PRD. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.done;
  const exitWith = (code: ExitCode): void => {
    exitCode = code;
  };
  const program = new Command('storyloop')
    .description('Runs a PRD: user stories implemented by a coding agent, checked by your own gates, committed.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('Run "storyloop --help" for the commands.');

  program
    .command('run')
    .argument('[prd]', 'the PRD file')
    .description('execute a PRD here, with a live view')
    .option('--agent <name>', 'the agent: "claude", "command" or "scripted"')
    .option('--script <file>', 'what the scripted agent plays')
    .addOption(new Option('--proof <policy>', 'what a criterion takes to count as met').choices(proofPolicies))
    .option('--workers <n>', 'how many stories run at the same time (3 by default)', Number)
    .option('--resume', 'go on with an unfinished run, and only that')
    .option('--fresh', 'start over from HEAD on a branch of its own')
    .option('--wait [seconds]', 'wait while another run holds the PRD (300 s by default)', seconds)
    .option('--yes', 'approve the commands that the repository names')
    .option('--json', 'one JSON event a line instead of the live view')
    .option('--no-stream', 'plain lines instead of the live view')
    .option('--check', 'say what would be executed, and what is missing; start nothing')
    .option('--ticket <id>', 'launch ticket of VS Code, single use')
    .action(async (prd: string | undefined, options: RunOptions) => {
      const { run } = await import('./run.js');
      exitWith(await run(prd, options));
    });
  addTlsFlags(addHubFlags(program.command('serve').description('a hub without VS Code')))
    .option('--standby', 'wait while there is another hub, and take over when it goes')
    .action(async (options: ServeOptions) => {
      const { serve } = await import('./serve.js');
      exitWith(await serve(options));
    });
  program
    .command('dashboard')
    .description('a link to the dashboard for a browser, good once')
    .option('--open', 'open it in the default browser')
    .action(async (options: { open?: boolean }) => {
      const { dashboard } = await import('./dashboard.js');
      exitWith(await dashboard(options));
    });
  program
    .command('status')
    .argument('[run]', 'a run, a PRD id (or its beginning), or a PRD file')
    .description('what the runs of this repository are doing')
    .option('--json', 'the folded state as JSON')
    .action(async (which: string | undefined, options: { json?: boolean }) => {
      const { status } = await import('./status.js');
      exitWith(await status(which, options));
    });
  program
    .command('report')
    .argument('<criterion>', 'its id, for example AC-2')
    .description('inside an attempt: claim that a criterion of the story holds')
    .option('--test <file[:name]>', 'the test that shows it')
    .option('--note <text>', 'what a reviewer should know')
    .action(async (criterion: string, options: ReportOptions) => {
      const { report } = await import('./report.js');
      exitWith(await report(criterion, options));
    });
  program
    .command('ask')
    .argument('<question>', 'one that only a person can decide')
    .description('inside an attempt: ask a person; end then, the answer comes with the next attempt')
    .option('--option <answer>', 'an answer to choose from; may be repeated', collect, [])
    .action(async (question: string, { option }: { option: readonly string[] }) => {
      const { ask } = await import('./ask.js');
      exitWith(await ask(question, option));
    });
  const locks = program.command('locks').description('who holds the PRDs of this repository');
  locks
    .command('list', { isDefault: true })
    .description('list them')
    .action(async () => {
      const { showLocks } = await import('./locks.js');
      exitWith(await showLocks());
    });
  locks
    .command('clean')
    .description('outlaw holders that are dead, or without a heartbeat for too long')
    .option('--max-age <seconds>', 'how long without a heartbeat', seconds, 3_600)
    .action(async (options: { maxAge: number }) => {
      const { cleanLocks } = await import('./locks.js');
      exitWith(await cleanLocks(options.maxAge * 1_000));
    });
  program
    .command('doctor')
    .argument('[prd]', 'a PRD file to check as well')
    .description('name what is missing for a run, and the remedy')
    .action(async (prd: string | undefined) => {
      const { doctor } = await import('./doctor.js');
      exitWith(await doctor(prd));
    });

  addExplain(program, exitWith);
  addIntents(program, exitWith);
  addAnswer(program, exitWith);
  addWatch(program, exitWith);
  addEmit(program, exitWith);
  addList(program, exitWith);
  addMerge(program, exitWith);
  addClean(program, exitWith);
  addToken(program, exitWith);

  try {
    await program.parseAsync(argv);
  } catch (error) {
    if (isDiskFull(error))
      return complain(`The disk is full: ${String(error)}. Make room and try again.`, ExitCode.blocked);
    if (isForbidden(error)) {
      const remedy =
        'If Storyloop keeps its records there, make it writable for you, or set STORYLOOP_HOME to another folder.';
      return complain(`The system does not allow it: ${String(error)}. ${remedy}`, ExitCode.blocked);
    }
    if (error instanceof UnsafeFile) return complain(error.message, ExitCode.blocked);
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
  }
  return exitCode;
}

// A closed terminal answers writes with EIO or EPIPE; the run has to end in good order all the same.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

main(process.argv).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(
      `Internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  },
);
