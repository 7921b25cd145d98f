import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { cli, startRun } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { useTemporaryFolder } from '../rig/temporaryFolder.js';
import { until } from '../rig/waiting.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';
import { findPython, PYTHON_HINT } from '../setup/python.mjs';
import { HubRig } from '../unit/hub/hubRig.js';

interface Told {
  readonly type: string;
  readonly cursor?: string;
}

/** A program that somebody might write, with the events that it prints. */
class ForeignClient implements AsyncDisposable {
  readonly events: Told[] = [];
  output = '';
  errors = '';
  readonly #child: ChildProcess;

  constructor(
    workspace: Pick<Workspace, 'home'>,
    program: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.#child = spawn(program, args, {
      env: { ...process.env, STORYLOOP_HOME: workspace.home, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches all processes of a terminal.
      detached: true,
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('Internal error: no pipes');
    createInterface({ input: stdout }).on('line', (line) => {
      this.output += `${line}\n`;
      if (/^\{"(id|type)"/.test(line)) this.events.push(JSON.parse(line) as Told);
    });
    stderr.on('data', (chunk: Buffer) => (this.errors += chunk.toString()));
  }

  got(type: string): Promise<unknown> {
    return until(`${type}; the client says ${this.errors.slice(-500)}`, () =>
      this.events.some((event) => event.type === type),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    process.kill(-pid, 'SIGINT');
    await ended;
  }
}

/** What runs it, or undefined and a word about what is missing. */
async function interpreter(language: 'python' | 'shell' | 'node'): Promise<string | undefined> {
  switch (language) {
    case 'node':
      return process.execPath;
    case 'shell':
      if (spawnSync('curl', ['--version']).status === 0) return 'sh';
      console.log('      needs a shell and curl');
      return undefined;
    case 'python': {
      const python = await findPython('websockets');
      if (python === undefined) console.log(`      ${PYTHON_HINT}`);
      return python;
    }
  }
}

describe('A client in another language', () => {
  for (const [file, language] of [
    ['watch.py', 'python'],
    ['watch.sh', 'shell'],
    ['watch.mjs', 'node'],
  ] as const) {
    it(`${file} sees a run, loses its hub in the middle, and has every event once and in order`, async function () {
      const found = await interpreter(language);
      if (found === undefined) this.skip();
      await using workspace = await Workspace.withStories([{ id: 'US-1' }, waitingStory('US-2', 'go')]);
      const first = await Served.start(workspace);
      const { cursor } = (await (await first.fetch('/api/stats')).json()) as { cursor: string };
      const since = language === 'python' ? ['--since', cursor] : [cursor];
      await using client = new ForeignClient(workspace, found, [path.resolve('examples/clients', file), ...since]);
      const run = startRun(workspace);
      await run.event('command.started', (event) => event.data['task_id'] === 'US-2-1-agent');
      await client.got('story.completed');
      await first.kill();
      await workspace.write('../go', '');
      assert.equal((await run.ended()).exitCode, 0);
      assert.ok(!client.events.some(({ type }) => type === 'prd.completed'));

      await using second = await Served.start(workspace);
      await client.got('prd.completed');
      const { events } = (await (await second.fetch('/api/events?limit=1000')).json()) as { events: Told[] };
      assert.deepEqual(
        client.events.filter((event) => event.cursor !== undefined),
        events,
      );
    });
  }
});

describe('watch.py', () => {
  const folder = useTemporaryFolder();

  it('keeps the events of a PRD in a file, and shows only errors when it is to be quiet', async function () {
    const python = await interpreter('python');
    if (python === undefined) this.skip();
    await using rig = await HubRig.start(folder());
    const about = { prd_id: 'PRD-001', data: {} };
    const error = { ...about, type: 'error.occurred', data: { error: 'broken' } };
    await rig.emit([{ ...about, type: 'prd.paused' }, { ...about, type: 'prd.paused', prd_id: 'PRD-002' }, error]);
    const output = path.join(folder(), 'events.jsonl');
    const options = ['--prd', 'PRD-001', '--output', output, '--quiet', '--since', `${rig.hub.logId}:0`];
    const program = path.resolve('examples/clients/watch.py');
    await using client = new ForeignClient({ home: rig.user.home }, python, [program, ...options]);
    await client.got('error.occurred');
    const kept = (await readFile(output, 'utf8')).trimEnd().split('\n');
    assert.deepEqual(
      kept.map((line) => (JSON.parse(line) as Told).type),
      ['prd.paused', 'error.occurred'],
    );
    assert.deepEqual([client.events.length, client.errors], [1, '']);
  });
});

describe('The first five minutes of docs/protocol.md', () => {
  /** What the page says to run, in the order in which it stands there. */
  const programs = [
    {
      title: 'the command line',
      language: 'sh',
      index: 0,
      program: 'shell',
      args: ['-c'],
      shows: / nightly links Story failed/,
    },
    { title: 'curl', language: 'sh', index: 1, program: 'shell', args: ['-c'], shows: /^event: story\.started$/m },
    {
      title: 'Python',
      language: 'python',
      index: 0,
      program: 'python',
      args: ['-u', '-c'],
      shows: /^story\.started \{/m,
    },
    {
      title: 'Node',
      language: 'js',
      index: 0,
      program: 'node',
      args: ['--input-type=module', '-e'],
      shows: /^event: story\.started$/m,
    },
  ] as const;

  for (const { title, language, index, program, args, shows } of programs) {
    it(`work with ${title}`, async function () {
      const found = await interpreter(program);
      if (found === undefined) this.skip();
      await using workspace = await Workspace.create();
      await using hub = await Served.start(workspace);
      const page = await readFile('docs/protocol.md', 'utf8');
      const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
        ([, code]) => code ?? '',
      );
      const code = (blocks[index] ?? '').replace('port=18790', `port=${hub.discovery.port}`);
      await workspace.write('../bin/storyloop', `#!/bin/sh\nexec "${process.execPath}" "${cli}" "$@"\n`);
      await chmod(path.join(workspace.folder, 'bin/storyloop'), 0o755);
      await symlink(workspace.home, path.join(workspace.folder, '.storyloop'));
      const env = {
        HOME: workspace.folder,
        PATH: `${workspace.folder}/bin${path.delimiter}${process.env['PATH'] ?? ''}`,
      };
      await using client = new ForeignClient(workspace, found, [...args, code], env);
      await until(`${title} to show an event; it says ${client.errors}`, async () => {
        await hub.emit({ type: 'story.started', data: { story_id: 'S' } });
        return shows.test(client.output);
      });
    });
  }
});
