/**
 * Variables that say where *we* run, and would mislead what we start: that VS Code is Node, that an agent runs inside
 * another, that colours are wanted, or (set by git for hooks and `rebase --exec`) that git works elsewhere.
 */
const OURS = [
  /^ELECTRON_RUN_AS_NODE$/,
  /^VSCODE_/,
  /^STORYLOOP_/,
  /^CLAUDECODE$|^CLAUDE_CODE_(?:ENTRYPOINT|SSE_PORT)$/,
  /^FORCE_COLOR$|^CLICOLOR_FORCE$/,
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|(?:AUTHOR|COMMITTER)_DATE)$/,
];

/**
 * Tells an attempt's commands its place among those that run at the same time: 1, 2, … So that they can have ports and
 * databases of their own.
 */
const WORKER = 'STORYLOOP_WORKER';

/** The environment for agents, gates and set-up commands of an attempt. */
export function attemptEnvironment(env: NodeJS.ProcessEnv, worker: number): Record<string, string> {
  return { ...cleanEnvironment(env), [WORKER]: String(worker) };
}

/** The user's environment, without what belongs to us. */
export function cleanEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const clean: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !OURS.some((pattern) => pattern.test(name))) clean[name] = value;
  }
  return { ...clean, NO_COLOR: '1' };
}
