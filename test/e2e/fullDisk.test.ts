import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { discoverySchema, type Discovery } from '../../src/session/discovery.js';
import { CommandLine, type CommandResult } from '../rig/commandLine.js';
import { SmallDisks } from '../rig/smallDisks.js';
import { fileAppears, until } from '../rig/waiting.js';
import { Workspace } from '../rig/workspace.js';

/** A workspace whose journal and log lie on two small disks. */
class Cramped implements AsyncDisposable {
  private constructor(
    readonly workspace: Workspace,
    readonly disks: SmallDisks,
    readonly journal: string,
    readonly log: string,
  ) {}

  /** Skips the test, visibly, where a disk cannot be mounted. `whole`: everything is on one disk. */
  static async orSkip(test: Mocha.Context, extent: 'journal and log' | 'whole' = 'journal and log'): Promise<Cramped> {
    const workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'shell', command: 'touch "$(git rev-parse --git-common-dir)/../../there"' },
            { do: 'wait-for', file: 'go' },
            { do: 'write', path: 'US-1.txt', content: 'US-1\n' },
          ],
        ],
      },
      { id: 'US-2' },
      { id: 'US-3' },
    ]);
    const isWhole = extent === 'whole';
    const journal = isWhole ? workspace.folder : path.join(workspace.root, '.git', 'storyloop');
    const log = path.join(workspace.home, 'hub');
    const disks = await SmallDisks.over(workspace, isWhole ? '4m' : '512k', isWhole ? [journal] : [journal, log]);
    if (disks) return new Cramped(workspace, disks, journal, log);
    await workspace[Symbol.asyncDispose]();
    test.skip();
  }

  command(...args: string[]): CommandLine {
    return new CommandLine(this.workspace, args, {}, this.disks.program);
  }

  run(...args: string[]): CommandLine {
    return this.command('run', 'prd.json', '--script', this.workspace.script, '--yes', '--json', ...args);
  }

  async status(): Promise<string> {
    return (await this.command('status').ended()).stdout;
  }

  /** A run that is in its first story when its disk becomes full, and has said that it waits. */
  async waitingRun(): Promise<CommandLine> {
    const run = this.run();
    const early = run.ended().then(({ stderr }) => assert.fail(`ended early: ${stderr}`));
    await Promise.race([fileAppears(this.disks.see(`${this.workspace.folder}/there`)), early]);
    this.disks.fill(this.journal);
    writeFileSync(this.disks.see(`${this.workspace.folder}/go`), '');
    await Promise.race([run.event('prd.paused', ({ data }) => data['reason'] === 'The disk is full'), early]);
    return run;
  }

  /** Every line of the run's journals: nothing is torn. */
  journalled(): string[] {
    const runs = this.disks.see(path.join(this.journal, 'runs'));
    const [run = ''] = readdirSync(runs);
    const journals = readdirSync(path.join(runs, run)).filter((file) => /^journal-\d+\.jsonl$/.test(file));
    const text = journals.map((file) => readFileSync(path.join(runs, run, file), 'utf8')).join('');
    assert.ok(text.endsWith('}\n'), 'a whole last line');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { id: string }).id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.disks[Symbol.asyncDispose]();
    await this.workspace[Symbol.asyncDispose]();
  }
}

const durable = (run: CommandLine): string[] =>
  run.events.filter((event) => event.type !== 'command.progress').map((event) => event.id);

function assertDone({ exitCode, stderr }: CommandResult): void {
  assert.equal(exitCode, 0, stderr);
}

describe('On a full disk', () => {
  it('a run pauses, by name, where a person sees it, and goes on by itself when there is room', async function () {
    await using cramped = await Cramped.orSkip(this);
    const run = await cramped.waitingRun();
    assert.match(await cramped.status(), /paused \(The disk is full\)/);
    cramped.disks.makeRoom(cramped.journal);
    const result = await run.ended();
    assertDone(result);
    assert.match(result.stderr, /The disk of \S+ is full\. The run waits[^]*There is room/);
    assert.deepEqual(cramped.journalled(), durable(run));
    assert.deepEqual(await cramped.workspace.committedStories('ralph/sample'), ['US-1', 'US-2', 'US-3']);
    const types = run.events.map((event) => event.type);
    assert.ok(types.indexOf('prd.paused') < types.indexOf('prd.resumed'));
  });

  it('a run whose worktree is on it too blames no attempt for that', async function () {
    await using cramped = await Cramped.orSkip(this, 'whole');
    const run = await cramped.waitingRun();
    cramped.disks.makeRoom(cramped.journal);
    assertDone(await run.ended());
    const ends = run.events.filter((event) => event.type === 'context.completed').map(({ data }) => data);
    assert.deepEqual(
      ends.filter(({ success }) => success === false).map(({ reason }) => reason),
      ['interrupted'],
    );
    assert.match(cramped.disks.git('log', '--format=%s', 'main..ralph/sample'), /^US-3.*\nUS-2.*\nUS-1.*$/);
  });

  it('a run that waits for room ends when it is told to, says so in the journal, and can be resumed', async function () {
    await using cramped = await Cramped.orSkip(this);
    const run = await cramped.waitingRun();
    run.kill('SIGTERM');
    const stopped = await run.ended();
    assert.equal(stopped.exitCode, 5, stopped.stderr);
    assert.match(await cramped.status(), /stopped/);
    const early = await cramped.run('--resume').ended();
    assert.equal(early.exitCode, 6, 'there is still no room');
    assert.match(early.stderr, /disk .*is full/i);
    cramped.disks.makeRoom(cramped.journal);
    assertDone(await cramped.run('--resume').ended());
    assert.deepEqual(await cramped.workspace.committedStories('ralph/sample'), ['US-1', 'US-2', 'US-3']);
  });

  it('a hub does not start, says why, and exits 6', async function () {
    await using cramped = await Cramped.orSkip(this);
    cramped.disks.fill(cramped.log);
    const { exitCode, stderr } = await cramped.command('serve', '--port', '0').ended();
    assert.equal(exitCode, 6, stderr);
    assert.match(stderr, /^The disk is full/);
  });

  it('a hub answers publishers 507, keeps what it has, and has everything once when there is room for log and journal', async function () {
    await using cramped = await Cramped.orSkip(this);
    const { disks, log, journal } = cramped;
    const serve = cramped.command('serve', '--port', '0');
    const file = disks.see(path.join(log, 'hub.json'));
    const ended = serve.ended().then(({ stderr }) => assert.fail(`the hub ended: ${stderr}`));
    await Promise.race([fileAppears(file), ended]);
    const hub = discoverySchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    const run = await cramped.waitingRun();
    const acknowledged: string[] = [];
    await publish(hub, 'before', acknowledged);
    disks.fill(log);
    await until('the hub to be full', async () => (await publish(hub, crypto.randomUUID(), acknowledged)) === 507);
    disks.makeRoom(journal);
    assertDone(await run.ended());
    assert.equal(await publish(hub, 'meanwhile', acknowledged), 507);
    disks.makeRoom(log);
    assert.equal(await publish(hub, 'after', acknowledged), 200);
    const told = durable(run);
    const events = await until('the whole run in the log', async () => {
      const found = await eventsOf(hub);
      return found.filter((event) => event.run_id).length >= told.length && found;
    });
    const ids = (ofRun: boolean): string[] =>
      events.filter((event) => (event.run_id !== undefined) === ofRun).map((event) => event.id);
    assert.deepEqual(ids(true), told, 'all of the run, once and in order');
    assert.deepEqual(ids(false), acknowledged, 'all that was acknowledged, and nothing that was refused');
    serve.kill('SIGTERM');
    assertDone(await serve.ended());
  });
});

function headersOf({ token }: Discovery): Record<string, string> {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' };
}

/** Answers the status; what was acknowledged is added. */
async function publish(hub: Discovery, id: string, acknowledged: string[]): Promise<number> {
  const body = JSON.stringify({ id, type: 'log.message', data: { level: 'info', message: 'x'.repeat(6_000) } });
  const url = `http://127.0.0.1:${hub.port}/emit`;
  const answer = await fetch(url, { method: 'POST', headers: headersOf(hub), body });
  await answer.text();
  if (answer.ok) acknowledged.push(id);
  return answer.status;
}

async function eventsOf(hub: Discovery): Promise<readonly { readonly id: string; readonly run_id?: string }[]> {
  const answer = await fetch(`http://127.0.0.1:${hub.port}/api/events?limit=1000`, { headers: headersOf(hub) });
  return ((await answer.json()) as { events: { id: string; run_id?: string }[] }).events;
}
