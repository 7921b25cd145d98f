import * as vscode from 'vscode';
import { configSchema, type Config } from '../config/config.js';
import { describe } from '../events/envelope.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { SettingTypes } from './contributions.js';

/**
 * What a person set for runs of `resource`. What nobody set is left out, so that the repository's and the user's own
 * files still count.
 */
export function runConfig(resource: vscode.Uri): Result<Config, string> {
  const command = argv(explicit('agents.command.argv', resource));
  const script = explicit('agents.scripted.script', resource);
  const gates = explicit('gates', resource);
  const copy = explicit('copy', resource);
  const setup = explicit('setup', resource);
  const ladder = explicit('ladder', resource);
  const parsed = configSchema.safeParse(
    withoutUndefined({
      agent: explicit('agent', resource),
      agents: nonEmpty({
        claude: nonEmpty({
          path: explicit('agents.claude.path', resource) || undefined,
          permissionMode: explicit('agents.claude.permissionMode', resource),
          allowedTools: explicit('agents.claude.allowedTools', resource),
          model: explicit('agents.claude.model', resource) || undefined,
          args: argv(explicit('agents.claude.args', resource)),
        }),
        command: command && { argv: command },
        scripted: script ? { script } : undefined,
      }),
      gates: gates && Object.keys(gates).length > 0 ? gates : undefined,
      testCommand: argv(explicit('testCommand', resource)),
      minCoverage: explicit('minCoverage', resource),
      testReport: explicit('testReport', resource) || undefined,
      securityScan: explicit('securityScan', resource),
      copy: copy && copy.length > 0 ? copy : undefined,
      setup: setup && setup.length > 0 ? setup : undefined,
      proof: explicit('proof', resource),
      reviewer: nonEmpty({
        agent: explicit('reviewer.agent', resource) || undefined,
        model: explicit('reviewer.model', resource) || undefined,
      }),
      workers: explicit('workers', resource),
      maxRuns: explicit('maxRuns', resource),
      attempts: explicit('attempts', resource),
      ladder: ladder && ladder.length > 0 ? ladder : undefined,
      attemptTimeout: explicit('attemptTimeout', resource),
      idleTimeout: explicit('idleTimeout', resource),
      storyTimeout: explicit('storyTimeout', resource),
      runTimeout: explicit('runTimeout', resource),
      attemptMemory: explicit('attemptMemory', resource),
      attemptDisk: explicit('attemptDisk', resource),
      budget: nonEmpty({
        storyAttempts: explicit('budget.storyAttempts', resource) ?? undefined,
        runAttempts: explicit('budget.runAttempts', resource) ?? undefined,
        storyTokens: explicit('budget.storyTokens', resource) ?? undefined,
        runTokens: explicit('budget.runTokens', resource) ?? undefined,
        storyUsd: explicit('budget.storyUsd', resource) ?? undefined,
        runUsd: explicit('budget.runUsd', resource) ?? undefined,
      }),
      gateTimeout: explicit('gateTimeout', resource),
      run: nonEmpty({ onTerminalClose: explicit('run.onTerminalClose', resource) }),
    }),
  );
  return parsed.success ? ok(parsed.data) : err(`Setting storyloop.${describe(parsed.error, [])}`);
}

function explicit<K extends keyof SettingTypes>(name: K, resource: vscode.Uri): SettingTypes[K] | undefined {
  const configuration = vscode.workspace.getConfiguration('storyloop', resource);
  const found = configuration.inspect<SettingTypes[K]>(name);
  const isSet = [found?.globalValue, found?.workspaceValue, found?.workspaceFolderValue].some(
    (value) => value !== undefined,
  );
  return isSet ? configuration.get<SettingTypes[K]>(name) : undefined;
}

const argv = (value: string[] | undefined): string[] | undefined => (value && value.length > 0 ? value : undefined);

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function nonEmpty(object: Record<string, unknown>): Record<string, unknown> | undefined {
  const defined = withoutUndefined(object);
  return Object.keys(defined).length > 0 ? defined : undefined;
}
