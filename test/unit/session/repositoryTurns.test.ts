import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deferred } from '../../../src/primitives/deferred.js';
import { currentHolder } from '../../../src/session/holder.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import { inTurn } from '../../../src/session/repositoryTurns.js';
import { TurnTicket } from '../../../src/session/turnTicket.js';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import turnProcess from '../../rig/turnProcess.ts?bundle';
import { until } from '../../rig/waiting.js';

describe('Turns in a repository', () => {
  const temporary = useTemporaryFolder();
  const commonDir = (): string => path.join(temporary(), 'päth with space', '.git');
  const turns = (): string => new ProjectPaths(commonDir()).turns('worktrees');
  const tickets = (): string[] => (existsSync(turns()) ? readdirSync(turns()) : []);
  const start = (): SpokenProcess => SpokenProcess.start(turnProcess, temporary(), [commonDir()]);
  const take = <T>(action: () => Promise<T>): Promise<T> => inTurn(commonDir(), 'worktrees', action);
  const nothing = (): Promise<void> => Promise.resolve();
  const never = new AbortController().signal;
  const draw = async (): Promise<TurnTicket> => {
    const ticket = await TurnTicket.draw(new ProjectPaths(commonDir()).state, turns());
    return ticket ?? assert.fail('no ticket');
  };
  const patience = { alive: 60_000, foreign: 60_000, unknown: 60_000 };

  beforeEach(() => mkdirSync(commonDir(), { recursive: true }));

  it('are taken by one at a time, however many processes want them at once, and leave nothing', async () => {
    const processes = Array.from({ length: 4 }, start);
    try {
      for (const one of processes) one.tell('take 40');
      for (const one of processes) assert.equal((await one.says('overlaps'))['overlaps'], 0);
      assert.deepEqual(tickets(), []);
      for (const one of processes) {
        one.child.stdin?.end();
        await one.exit();
        assert.equal(one.child.exitCode, 0);
      }
    } finally {
      for (const one of processes) await one[Symbol.asyncDispose]();
    }
  });

  it('are taken in the order in which they were asked for, one that fails among them, and different ones at the same time', async () => {
    await using other = start();
    await other.ask('take', 'begun');
    const order: string[] = [];
    const waiting = ['1', '2', '3'].map((name) =>
      take(async () => {
        await nothing();
        order.push(name);
        if (name === '2') throw new Error('broken');
      }).catch((error: unknown) => order.push(String(error))),
    );
    assert.equal(await inTurn(commonDir(), 'hooks', () => Promise.resolve('hook')), 'hook');
    await until('a ticket of each process', () => tickets().length === 2);
    assert.deepEqual(order, []);
    await other.ask('end', 'ended');
    await Promise.all(waiting);
    assert.deepEqual(order, ['1', '2', 'Error: broken', '3']);
  });

  it('go to processes in the order in which they came', async () => {
    const held = deferred();
    const holding = take(() => held.promise);
    await using second = start();
    await using third = start();
    for (const [index, one] of [second, third].entries()) {
      one.tell('take');
      // With its number, which it draws while it has a ticket already.
      const numbered = (): string[] => tickets().filter((name) => !name.startsWith('0-'));
      await until('its ticket', () => numbered().length === index + 2);
    }
    held.resolve();
    await holding;
    // Asked for again at once, it comes after those who wait.
    const again = take(() => Promise.resolve(tickets().length));
    await second.says('begun');
    await second.ask('end', 'ended');
    await third.says('begun');
    await third.ask('end', 'ended');
    assert.equal(await again, 1);
  });

  it('pass on as soon as who has one is killed', async () => {
    await using killed = start();
    await killed.ask('take', 'begun');
    // A process that only stands still would be waited for longer than this test may take.
    const waiting = take(nothing);
    await until('a ticket of each process', () => tickets().length === 2);
    killed.signal('SIGKILL');
    await killed.exit();
    await waiting;
    assert.deepEqual(tickets(), []);
  });

  it('are not held up by processes that are killed at any instant', async () => {
    for (let kill = 0; kill < 5; kill += 1) {
      await using killed = start();
      killed.tell('take 10000');
      await until('it to be at work', () => tickets().length > 0);
      for (let turn = 0; turn <= kill; turn += 1) await take(nothing);
      killed.signal('SIGKILL');
      await killed.exit();
      await take(nothing);
      assert.deepEqual(tickets(), []);
    }
  });

  it('pass on when who has one stands still for too long, which hurts nobody when it wakes up', async () => {
    await using stopped = start();
    await stopped.ask('take', 'begun');
    stopped.signal('SIGSTOP');
    const mine = await draw();
    await mine.turn(never, { ...patience, alive: 300 });
    assert.equal(tickets().length, 1);
    stopped.signal('SIGCONT');
    await stopped.ask('end', 'ended');
    await mine[Symbol.asyncDispose]();
    await stopped.ask('take', 'begun');
    await stopped.ask('end', 'ended');
  });

  it('stay with who works, however long that takes', async () => {
    await using busy = start();
    await busy.ask('take', 'begun');
    const [ticket = ''] = tickets();
    const file = path.join(turns(), ticket);
    const mine = await draw();
    const turn = mine.turn(never, { ...patience, alive: 2_500 }).then(() => 'its turn');
    const beats = new Set<number>();
    const beaten = until('some beats', () => beats.add(statSync(file).mtimeMs).size > 3).then(() => 'waits');
    assert.equal(await Promise.race([turn, beaten]), 'waits');
    await busy.ask('end', 'ended');
    await turn;
    await mine[Symbol.asyncDispose]();
  });

  it('are no longer waited for by who is told to end: behind another process, behind its own, or before it asked', async () => {
    await using other = start();
    await other.ask('take', 'begun');
    const ending = new AbortController();
    const asked = (): Promise<string | undefined> =>
      inTurn(commonDir(), 'worktrees', () => Promise.resolve('its turn'), ending.signal);
    const waiting = [asked(), asked()];
    await until('a ticket of each process', () => tickets().length === 2);
    const behind = take(() => Promise.resolve('its turn'));
    ending.abort();
    assert.deepEqual(await Promise.all([...waiting, asked()]), [undefined, undefined, undefined]);
    await other.ask('end', 'ended');
    assert.equal(await behind, 'its turn');
    assert.deepEqual(tickets(), []);
  });

  it('are ended by who has them, also when it is told to end', async () => {
    const ending = new AbortController();
    const act = async (): Promise<string> => {
      ending.abort();
      await nothing();
      return 'done';
    };
    assert.equal(await inTurn(commonDir(), 'hooks', act, ending.signal), 'done');
  });

  it('are taken without a ticket where none can be written, or through a link', async () => {
    const { state } = new ProjectPaths(commonDir());
    symlinkSync(temporary(), state);
    const before = readdirSync(temporary());
    assert.equal(await take(() => Promise.resolve('done')), 'done');
    assert.deepEqual(readdirSync(temporary()), before);
    writeFileSync(path.join(temporary(), 'file'), '');
    assert.equal(await inTurn(path.join(temporary(), 'file'), 'hooks', () => Promise.resolve('done')), 'done');
  });

  it('are not held up by what was left by who was killed while it wrote, by another machine, or by nobody', async () => {
    mkdirSync(turns(), { recursive: true });
    const leave = (name: string, content: string): void => {
      const file = path.join(turns(), name);
      writeFileSync(file, content);
      utimesSync(file, 1, 1);
    };
    const foreign = { ...currentHolder('storyloop'), boot_id: 'another', pid_namespace: 'another', host: 'another' };
    leave(`0-${crypto.randomUUID()}`, '');
    leave(`1-${crypto.randomUUID()}`, JSON.stringify(foreign));
    leave(`2-${crypto.randomUUID()}`, JSON.stringify({ ...currentHolder('storyloop'), start_time: '1' }));
    leave('notes.txt', 'of a person');
    const mine = await draw();
    await mine.turn(never, { ...patience, foreign: 200, unknown: 100 });
    await mine[Symbol.asyncDispose]();
    assert.deepEqual(tickets(), ['notes.txt']);
  });
});
