import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cli, CommandLine, startRun, storyloop } from '../rig/commandLine.js';
import { Served } from '../rig/servedHub.js';
import { until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

const message = (text: string): object => ({
  type: 'log.message',
  prd_id: 'p-1',
  data: { level: 'info', message: text },
});
const messages = (first: number, last: number): object[] =>
  Array.from({ length: last - first + 1 }, (_, index) => message(`${first + index}`));
const upTo = (last: number): string[] => Array.from({ length: last }, (_, index) => `${index + 1}`);

/** Presses Ctrl-C. */
async function interrupt(command: CommandLine): Promise<void> {
  command.kill('SIGINT');
  assert.equal((await command.ended()).exitCode, 0);
}

const told = (command: CommandLine): unknown[] => command.events.map((event) => event.data['message']);
const says = (command: CommandLine, text: string): Promise<unknown> =>
  until(`"${text}"`, () => command.output.stderr.includes(text));

describe('storyloop watch', () => {
  it('waits for a hub that is not there yet, and tells each event once and in order through hubs that are killed', async () => {
    await using workspace = await Workspace.create();
    const watch = new CommandLine(workspace, ['watch', '--json', '--since', 'start', '--type', 'log.*']);
    await says(watch, 'There is no hub. Waiting for one…');
    const cursors: string[] = [];
    for (const first of [1, 4, 7]) {
      const hub = await Served.start(workspace);
      cursors.push(...(await hub.emit(...messages(first, first + 1))));
      await says(watch, `Following the hub at ${hub.origin} (WebSocket).`);
      cursors.push(...(await hub.emit(message(`${first + 2}`))));
      if (first === 4) await until('all so far', () => watch.events.length === cursors.length);
      await hub.kill();
    }
    await using last = await Served.start(workspace);
    cursors.push(...(await last.emit(message('10'))));
    await until(`all of them; there are ${told(watch).join()}`, () => watch.events.length >= 10);
    await interrupt(watch);
    assert.deepEqual(told(watch), upTo(10));
    const lines = watch.output.stdout.trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { cursor: unknown }).cursor),
      cursors,
    );
  });

  it('appends to a file, and started again goes on after the last event in it, nothing twice', async () => {
    await using workspace = await Workspace.create();
    await using hub = await Served.start(workspace);
    const file = path.join(workspace.folder, 'events.jsonl');
    const args = ['watch', '--output', file, '--quiet', '--since', 'start'];
    const written = async (): Promise<unknown[]> => {
      const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n').slice(0, -1);
      return lines.map((line) => (JSON.parse(line) as { data: { message: unknown } }).data.message);
    };
    for (const last of [3, 6]) {
      const watch = new CommandLine(workspace, args);
      await hub.emit(...messages(last - 2, last - 1));
      await until('what was told', async () => (await written()).length === last - 1);
      watch.kill('SIGKILL');
      await watch.ended();
      await hub.emit(message(`${last}`));
      // What a process leaves that is killed while it writes.
      await appendFile(file, '{"id":"e_0mi9","type":"log.mess');
    }
    const watch = new CommandLine(workspace, args);
    await until('the rest', async () => (await written()).length === 6);
    await hub.emit(message('7'), { type: 'error.occurred', data: { error: 'No disk', message: '8' } });
    await until('the last', async () => (await written()).length === 8);
    await interrupt(watch);
    assert.deepEqual(await written(), upTo(8));
    const { stdout, stderr } = watch.output;
    assert.match(stdout, /^\d\d:\d\d:\d\d No disk \(script\)\n$/, 'errors only');
    assert.equal(stderr, '');
  });

  it('shows a run and what a script says of its own, all or one PRD or some types', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    await using hub = await Served.start(workspace);
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 0);
    await until('the hub to have all of the run', async () =>
      (await (await hub.fetch('/api/events?type=prd.completed')).text()).includes(run.events[0]?.run_id ?? '?'),
    );
    await hub.emit({ type: 'story.started', prd_id: 'nightly', story_id: 'N-1', data: { title: 'Count' } });
    const prdId = run.events[0]?.prd_id ?? '';
    const shown = async (...args: string[]): Promise<string> => {
      const watch = new CommandLine(workspace, ['watch', '--since', 'start', ...args]);
      await until('to be up to date', async () => {
        await hub.emit({ type: 'error.occurred', prd_id: prdId, data: { error: 'marker' } });
        return watch.output.stdout.includes('marker');
      });
      await interrupt(watch);
      return watch.output.stdout;
    };
    const all = await shown();
    assert.match(all, new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${prdId} Run started: 1 story$`, 'm'));
    assert.match(all, new RegExp(` ${prdId} US-1 Story done in `));
    assert.match(all, / nightly N-1 Story started: Count \(script\)$/m);
    for (const prd of [prdId, prdId.slice(0, -3), 'prd.json']) {
      const one = await shown('--prd', prd, '--type', 'story.*', 'error.occurred');
      assert.match(one, / US-1 Story started/, prd);
      assert.doesNotMatch(one, /nightly|Run started/, prd);
    }
  });

  it('ends when nobody reads its lines any more', async () => {
    await using workspace = await Workspace.create();
    await using hub = await Served.start(workspace);
    await hub.emit(...messages(1, 3));
    const env = { ...process.env, STORYLOOP_HOME: workspace.home };
    const command = `"$0" "$1" watch --since start | head -n 1`;
    const ended = promisify(execFile)('sh', ['-c', command, process.execPath, cli], { env });
    let isOver = false;
    void ended.finally(() => (isOver = true));
    await until('the end', async () => {
      await hub.emit(message('more'));
      return isOver;
    });
    const { stdout } = await ended;
    assert.match(stdout, /^\S+ p-1 1 \(script\)\n$/);
  });

  it('says what is wrong with its arguments, and ends with 2', async () => {
    await using workspace = await Workspace.create();
    await workspace.write('notes.txt', 'not of ours\n');
    const refused = async (message: RegExp, ...args: string[]): Promise<void> => {
      const { exitCode, stderr, stdout } = await storyloop(workspace, 'watch', ...args);
      assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: '' });
      assert.match(stderr, message);
    };
    await refused(/"Story" is no type/, '--type', 'story.*', 'Story');
    await refused(/"yesterday" is no cursor/, '--since', 'yesterday');
    await refused(/notes\.txt holds something else than events/, '--output', 'notes.txt');
    assert.equal(await workspace.read('notes.txt'), 'not of ours\n');
    await using hub = await Served.start(workspace);
    await hub.emit(...['nightly-1', 'nightly-2'].map((prd) => ({ type: 'prd.paused', prd_id: prd })));
    await refused(/"night" is ambiguous: nightly-1, nightly-2/, '--prd', 'night');
    const unknown = new CommandLine(workspace, ['watch', '--prd', 'weekly']);
    await says(unknown, 'No run of "weekly" is known. Waiting for one of exactly this name.');
    await interrupt(unknown);
  });
});
