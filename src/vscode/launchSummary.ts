import { execFile } from 'node:child_process';
import * as vscode from 'vscode';
import * as z from 'zod';
import { visibleText } from '../config/commandText.js';
import type { Config } from '../config/config.js';
import { err, ok, type Result } from '../primitives/result.js';
import { approve, unapproved } from '../session/approvals.js';
import type { UserPaths } from '../session/paths.js';
import { writeTicket } from '../session/ticket.js';

/** What `storyloop run --check --json` answers: everything that a run would do here. */
const launchSummary = z.object({
  title: z.string(),
  project: z.string(),
  prd_id: z.string(),
  root: z.string(),
  agent: z.string(),
  /** Set-up, gates and the checks of criteria, as they are approved. */
  commands: z.array(z.string()),
  unapproved: z.array(z.string()),
  /** What a person has to see, as the command line shows it. */
  lines: z.array(z.string()),
});
export type LaunchSummary = z.infer<typeof launchSummary>;

const checkAnswer = z.union([launchSummary, z.object({ problem: z.string() })]);

const checkTimeoutMs = 30_000;

/** Asks the coordinator's own planning what a run would do, so that a person sees exactly that. The error is for people. */
export async function checkLaunch(
  cli: string,
  prd: string,
  config: Config,
  user: UserPaths,
): Promise<Result<LaunchSummary, string>> {
  const ticket = await writeTicket(user, { prd, config, mode: 'auto' });
  const { stdout, stderr } = await runCli([cli, 'run', '--check', '--json', '--ticket', ticket], user);
  const answer = checkAnswer.safeParse(parseJson(stdout));
  if (!answer.success) return err(stderr.trim() || 'The check of the run gave no answer; see the log.');
  return 'problem' in answer.data ? err(answer.data.problem) : ok(answer.data);
}

/** Shows what will be executed when a person has not seen all of it yet. False when they decline. */
export async function confirmLaunch(summary: LaunchSummary, user: UserPaths): Promise<boolean> {
  const agent = `agent: ${summary.agent}`;
  const fresh = [...summary.unapproved, ...(await unapproved(user, summary.project, [agent]))];
  if (fresh.length === 0) return true;
  const start = 'Start run';
  const answer = await vscode.window.showInformationMessage(
    `Start "${visibleText(summary.title)}" with these commands?`,
    { modal: true, detail: await detailOf(summary) },
    start,
  );
  if (answer !== start) return false;
  await approve(user, summary.project, [...summary.commands, agent]);
  return true;
}

/** More than a dialog shows on a small screen. */
const maxDialogLines = 20;
const maxDialogWidth = 200;

async function detailOf({ lines, commands }: LaunchSummary): Promise<string> {
  const remember = 'You are asked again only when one of them changes.';
  const fits = lines.length <= maxDialogLines && lines.every((line) => line.length <= maxDialogWidth);
  if (fits) return [...lines, '', remember].join('\n');
  const content = ['Commands that this PRD run executes', '', ...lines, ''].join('\n');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content }));
  const first = lines.slice(0, 6).map((line) => line.slice(0, maxDialogWidth));
  return [...first, '…', '', `Agent and ${commands.length} commands are listed in full in the editor.`, remember].join(
    '\n',
  );
}

function runCli(args: readonly string[], user: UserPaths): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', STORYLOOP_HOME: user.home };
    execFile(process.execPath, args, { env, timeout: checkTimeoutMs }, (error, stdout, stderr) => {
      // The exit code says no more than the answer; a process that could not run at all has neither.
      resolve({ stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
