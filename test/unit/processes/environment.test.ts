import assert from 'node:assert/strict';
import { attemptEnvironment, cleanEnvironment } from '../../../src/processes/environment.js';

describe('cleanEnvironment', () => {
  it("keeps the user's variables, drops what belongs to us or to the place we run in, and turns colours off", () => {
    const kept = {
      PATH: '/bin',
      HOME: '/home/a',
      ANTHROPIC_API_KEY: 'k',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_SSH_COMMAND: 'ssh',
    };
    const dropped = {
      ELECTRON_RUN_AS_NODE: '1',
      CLAUDECODE: '1',
      CLAUDE_CODE_SSE_PORT: '1',
      VSCODE_IPC_HOOK_CLI: 'x',
      STORYLOOP_TOKEN: 'secret',
      FORCE_COLOR: '1',
      GIT_DIR: '/x',
      GIT_INDEX_FILE: '/x',
      ABSENT: undefined,
    };
    assert.deepEqual(cleanEnvironment({ ...kept, ...dropped }), { ...kept, NO_COLOR: '1' });
  });
});

describe('attemptEnvironment', () => {
  it("tells an attempt's commands its number, whatever number we were told ourselves", () => {
    const env = attemptEnvironment({ PATH: '/bin', STORYLOOP_WORKER: '7', STORYLOOP_WORKERS: '9' }, 2);
    assert.deepEqual(env, { PATH: '/bin', NO_COLOR: '1', STORYLOOP_WORKER: '2' });
  });
});
