import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandLine } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

describe('storyloop serve', () => {
  it('names what is wrong with its configuration, and where, and does not start', async () => {
    await using workspace = await Workspace.create();
    const env = { STORYLOOP_HUB_LOG_LEVEL: 'loud' };
    const { exitCode, stderr, stdout } = await new CommandLine(workspace, ['serve', '--port', 'http'], env).ended();
    assert.deepEqual([exitCode, stdout], [2, '']);
    assert.match(stderr, /^STORYLOOP_HUB_LOG_LEVEL: "loud" is not possible; allowed: debug, info, warn, error$/m);
    assert.match(stderr, /^--port: "http" is not possible; allowed: a whole number from 0 to 65535$/m);
  });

  it('goes on after an error that nobody caught, counts it, and has it in its log', async () => {
    await using workspace = await Workspace.create();
    const bug = path.join(workspace.folder, 'bug.cjs');
    await writeFile(
      bug,
      `process.on('SIGUSR2', () => { Promise.reject(new Error('late')); throw new Error('a bug, with sk-0123456789abcdef'); });`,
    );
    // The process is started at once, with the environment that this one has then.
    process.env['NODE_OPTIONS'] = `--require ${bug}`;
    const starting = Served.start(workspace);
    delete process.env['NODE_OPTIONS'];
    await using served = await starting;
    // It can be found a moment before it catches anything.
    await until('it to serve', () => served.command.output.stdout.includes('Hub at'));
    served.command.kill('SIGUSR2');
    await until('the faults', async () => {
      const stats = (await (await served.fetch('/api/stats')).json()) as { faults: number };
      return stats.faults === 2;
    });
    const log = await until('the log', async () => {
      const text = await readFile(path.join(workspace.home, 'logs', 'hub.jsonl'), 'utf8');
      return text.includes('late') && text;
    });
    assert.match(log, /"level":"error","message":"Something failed: Error: a bug, with \[redacted\]/);
    const health = (await (await served.fetch('/health/ready')).json()) as {
      status: string;
      agents: { name: string }[];
    };
    assert.deepEqual([health.status, health.agents.map(({ name }) => name)], ['ready', ['claude']]);
  });
});
