import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { startRun } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';
import { findPython, PYTHON_HINT } from '../setup/python.mjs';

interface Told {
  readonly type: string;
  readonly cursor?: string;
}

/** One of examples/clients, as somebody would call it, with the events that it prints. */
class ExampleClient implements AsyncDisposable {
  readonly events: Told[] = [];
  errors = '';
  readonly #child: ChildProcess;

  constructor(workspace: Workspace, program: string, file: string, cursor: string) {
    this.#child = spawn(program, [path.resolve('examples/clients', file), cursor], {
      env: { ...process.env, STORYLOOP_HOME: workspace.home },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches all processes of a terminal.
      detached: true,
    });
    const { stdout, stderr } = this.#child;
    if (!stdout || !stderr) throw new Error('Internal error: no pipes');
    createInterface({ input: stdout }).on('line', (line) => this.events.push(JSON.parse(line) as Told));
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

describe('A client in another language', () => {
  for (const [file, program] of [
    ['watch.py', undefined],
    ['watch.sh', 'sh'],
    ['watch.mjs', process.execPath],
  ] as const) {
    it(`${file} sees a run, loses its hub in the middle, and has every event once and in order`, async function () {
      const found = program ?? (await findPython());
      if (found === undefined) {
        console.log(`      ${file} ${PYTHON_HINT}`);
        this.skip();
      }
      await using workspace = await Workspace.withStories([
        { id: 'US-1' },
        {
          id: 'US-2',
          attempts: [
            [
              { do: 'wait-for', file: 'go' },
              { do: 'write', path: 'two.txt', content: '2' },
            ],
          ],
        },
      ]);
      const first = await Served.start(workspace);
      const { cursor } = (await (await first.fetch('/api/stats')).json()) as { cursor: string };
      await using client = new ExampleClient(workspace, found, file, cursor);
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
