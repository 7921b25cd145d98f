import type { GateConfig, ProofPolicy } from '../config/config.js';

/** What package.json contributes, by name, once; a host test compares the two. */
export const commandIds = {
  startRun: 'storyloop.startRun',
  pauseRun: 'storyloop.pauseRun',
  pauseRunNow: 'storyloop.pauseRunNow',
  resumeRun: 'storyloop.resumeRun',
  stopRun: 'storyloop.stopRun',
  openDashboard: 'storyloop.openDashboard',
  openDashboardInBrowser: 'storyloop.openDashboardInBrowser',
  openStoryChanges: 'storyloop.openStoryChanges',
  retryStory: 'storyloop.retryStory',
  skipStory: 'storyloop.skipStory',
  prioritiseStory: 'storyloop.prioritiseStory',
  acceptCriterion: 'storyloop.acceptCriterion',
  answerQuestion: 'storyloop.answerQuestion',
  showRunActions: 'storyloop.showRunActions',
  showRunHistory: 'storyloop.showRunHistory',
  openPrompt: 'storyloop.openPrompt',
  openTranscript: 'storyloop.openTranscript',
  openReview: 'storyloop.openReview',
  mergeResult: 'storyloop.mergeResult',
  showTerminal: 'storyloop.showTerminal',
  showLog: 'storyloop.showLog',
} as const;
export type CommandName = keyof typeof commandIds;

export const storiesView = 'storyloop.stories';
export const dashboardView = 'storyloop.dashboard';

/** Made by VS Code for every view: shows it and moves the focus there. */
export const focusStories = `${storiesView}.focus`;

/** Why no run can start here; each has a welcome text in the stories view. */
export type WorkspaceProblem =
  'no-prd' | 'invalid-prd' | 'git-missing' | 'not-a-repository' | 'bare' | 'no-commits' | 'no-identity';

/** Context keys of `when` clauses. */
export interface ContextKeys {
  'storyloop.hasPrd': boolean;
  'storyloop.problem': WorkspaceProblem | '';
  'storyloop.run': 'none' | 'running' | 'waiting' | 'paused' | 'stopped';
  /** The run of this window has a story whose changes can be looked at. */
  'storyloop.hasChanges': boolean;
  /** The run of this window is over and has committed something. */
  'storyloop.hasResult': boolean;
  /** The run of this window has an attempt whose prompt and transcript can be opened. */
  'storyloop.hasAttempts': boolean;
  /** The run of this window has a story that asks. */
  'storyloop.hasQuestions': boolean;
}

export const contextKeyNames = [
  'storyloop.hasPrd',
  'storyloop.problem',
  'storyloop.run',
  'storyloop.hasChanges',
  'storyloop.hasResult',
  'storyloop.hasAttempts',
  'storyloop.hasQuestions',
] as const satisfies readonly (keyof ContextKeys)[];

/** Settings, without their prefix `storyloop.`, and what package.json lets them be. */
export interface SettingTypes {
  agent: string;
  'agents.claude.path': string;
  'agents.claude.permissionMode': string;
  'agents.claude.allowedTools': string[];
  'agents.claude.model': string;
  'agents.claude.args': string[];
  'agents.command.argv': string[];
  'agents.scripted.script': string;
  gates: Record<string, GateConfig>;
  testCommand: string[];
  minCoverage: number;
  testReport: string;
  securityScan: boolean;
  copy: string[];
  setup: string[][];
  proof: ProofPolicy;
  'reviewer.agent': string;
  'reviewer.model': string;
  workers: number;
  maxRuns: number;
  attempts: number;
  ladder: unknown[];
  attemptTimeout: number;
  idleTimeout: number;
  storyTimeout: number;
  runTimeout: number;
  attemptMemory: number;
  attemptDisk: number;
  'budget.storyAttempts': number | null;
  'budget.runAttempts': number | null;
  'budget.storyTokens': number | null;
  'budget.runTokens': number | null;
  'budget.storyUsd': number | null;
  'budget.runUsd': number | null;
  gateTimeout: number;
  'run.onTerminalClose': 'stop' | 'continue';
  'hub.autoStart': boolean;
  'hub.port': number;
  'hub.logLevel': 'debug' | 'info' | 'warn' | 'error';
  'hub.logMaxAgeDays': number;
  'hub.logMaxBytes': number;
  'hub.maxConnections': number;
  'hub.allowedOrigins': string[];
  'hub.allowTokenlessClients': boolean;
  notifications: 'all' | 'problems' | 'none';
}

/** Settings with the scope that package.json must give them: what names an executable never comes from an untrusted folder. */
export const settingScopes = {
  agent: 'machine-overridable',
  'agents.claude.path': 'machine-overridable',
  'agents.claude.permissionMode': 'machine-overridable',
  'agents.claude.allowedTools': 'machine-overridable',
  'agents.claude.model': 'machine-overridable',
  'agents.claude.args': 'machine-overridable',
  'agents.command.argv': 'machine-overridable',
  'agents.scripted.script': 'machine-overridable',
  gates: 'machine-overridable',
  testCommand: 'machine-overridable',
  minCoverage: 'resource',
  testReport: 'resource',
  securityScan: 'resource',
  copy: 'resource',
  setup: 'machine-overridable',
  proof: 'resource',
  'reviewer.agent': 'machine-overridable',
  'reviewer.model': 'machine-overridable',
  workers: 'resource',
  maxRuns: 'machine',
  attempts: 'resource',
  ladder: 'machine-overridable',
  attemptTimeout: 'resource',
  idleTimeout: 'resource',
  storyTimeout: 'resource',
  runTimeout: 'resource',
  attemptMemory: 'resource',
  attemptDisk: 'resource',
  'budget.storyAttempts': 'resource',
  'budget.runAttempts': 'resource',
  'budget.storyTokens': 'resource',
  'budget.runTokens': 'resource',
  'budget.storyUsd': 'resource',
  'budget.runUsd': 'resource',
  gateTimeout: 'resource',
  'run.onTerminalClose': 'resource',
  'hub.autoStart': 'window',
  'hub.port': 'machine',
  'hub.logLevel': 'machine',
  'hub.logMaxAgeDays': 'machine',
  'hub.logMaxBytes': 'machine',
  'hub.maxConnections': 'machine',
  'hub.allowedOrigins': 'machine',
  'hub.allowTokenlessClients': 'machine',
  notifications: 'window',
} as const satisfies Record<keyof SettingTypes, string>;
