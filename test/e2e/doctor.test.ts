import assert from 'node:assert/strict';
import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine, type CommandResult } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const agent = (...argv: string[]): string => JSON.stringify({ agents: { command: { argv } } });

function doctor(workspace: Workspace, env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return new CommandLine(workspace, ['doctor'], env).ended();
}

/** What is spoiled in a workspace that lacks nothing, and the line that names it with its remedy. */
const missing: [what: string, spoil: (workspace: Workspace) => Promise<unknown>, says: RegExp][] = [
  [
    'the agent',
    (workspace) => workspace.write('../home/config.json', agent('no-such-agent')),
    /missing .*no-such-agent.*Install it/,
  ],
  [
    "a gate's program",
    (workspace) => workspace.write('.storyloop.json', JSON.stringify({ gates: { lint: ['no-such-linter', '.'] } })),
    /missing Gate lint: .*"no-such-linter" is not on PATH; install it/,
  ],
  [
    'who commits',
    async (workspace) => {
      await workspace.git('config', '--unset', 'user.name');
      await workspace.git('config', '--unset', 'user.email');
    },
    /missing git does not know who you are.*git config --global user\.name/,
  ],
  [
    'a configuration that can be read',
    (workspace) => workspace.write('.storyloop.json', '{ "attempts": "three" }'),
    /missing \.storyloop\.json: attempts/,
  ],
  [
    "a place for Storyloop's own files",
    (workspace) => workspace.write('../home-is-a-file', ''),
    /missing .*home-is-a-file\/below cannot be written .*STORYLOOP_HOME/,
  ],
  [
    "a hub's token that is nobody else's",
    async (workspace) => {
      await workspace.write('../home/hub/token', 'x');
      await chmod(path.join(workspace.home, 'hub'), 0o755);
    },
    /missing .*hub.* is open to others.*Remove it/,
  ],
];

describe('storyloop doctor', () => {
  // The machine's own identity must not stand in for a missing one.
  const env = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', EMAIL: '' };

  it('says of everything that a run needs that it is there', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await workspace.write('../home/config.json', agent('node', 'agent.js'));
    const { exitCode, stdout } = await doctor(workspace, env);
    assert.equal(exitCode, 0, stdout);
    for (const says of [
      /^ok +Node \d/m,
      /^ok +git version/m,
      /^ok +Repository /m,
      /^ok +Agent node agent\.js$/m,
      /^ok +Gate test: npm run test → node check\.js$/m,
      /^(ok|note) +[\d,]+ MB free for .*home$/m,
      /^(ok|note) +Changes of files /m,
      /^ok +No hub runs/m,
    ]) {
      assert.match(stdout, says);
    }
  });

  for (const [what, spoil, says] of missing) {
    it(`names what is missing, with the remedy, and exits 6: ${what}`, async () => {
      await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
      await workspace.write('../home/config.json', agent('node', 'agent.js'));
      await spoil(workspace);
      const home = what.startsWith('a place')
        ? { STORYLOOP_HOME: path.join(workspace.folder, 'home-is-a-file', 'below') }
        : {};
      const { exitCode, stdout } = await doctor(workspace, { ...env, ...home });
      assert.match(stdout, says);
      assert.equal(exitCode, 6, stdout);
    });
  }
});
