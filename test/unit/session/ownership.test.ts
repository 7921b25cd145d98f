import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { readJournal } from '../../../src/journal/readJournal.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { Terms } from '../../../src/records/terms.js';
import { currentHolder, parseHolder, type Holder } from '../../../src/session/holder.js';
import {
  cleanLock,
  executorOf,
  listLocks,
  Ownership,
  type Held,
  type OwnershipOptions,
} from '../../../src/session/ownership.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import ownerProcess from '../../rig/ownerProcess.ts?bundle';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

const PRD = 'prd-1';

describe('Ownership', () => {
  const folder = useTemporaryFolder();
  let processes: SpokenProcess[] = [];
  let owned: Ownership[] = [];
  afterEach(async () => {
    await Promise.all(processes.map((process) => process[Symbol.asyncDispose]()));
    await Promise.all(owned.map((ownership) => ownership[Symbol.asyncDispose]()));
    processes = [];
    owned = [];
  });

  const project = (): ProjectPaths => new ProjectPaths(folder());
  const heartbeat = (): string => `${project().lock(PRD)}.heartbeat`;

  function start(waitMs = 0, runId = 'run_1'): SpokenProcess {
    const process = SpokenProcess.start(ownerProcess, folder(), [folder(), PRD, runId, String(waitMs)]);
    processes.push(process);
    return process;
  }

  /** As this process. */
  async function acquire(options: Partial<OwnershipOptions> = {}): Promise<Ownership | Held> {
    const result = await Ownership.acquire({
      terms: project().terms(PRD),
      lockFile: project().lock(PRD),
      holder: currentHolder('test'),
      waitMs: 0,
      clock: systemClock,
      logger: silentLogger,
      ...options,
    });
    if (!result.ok) return result.error;
    owned.push(result.value);
    return result.value;
  }

  async function own(options?: Partial<OwnershipOptions>): Promise<Ownership> {
    const result = await acquire(options);
    assert.ok(result instanceof Ownership, `held by ${JSON.stringify(result)}`);
    return result;
  }

  async function held(options?: Partial<OwnershipOptions>): Promise<Held> {
    const result = await acquire(options);
    assert.ok(!(result instanceof Ownership), 'it was free');
    return result;
  }

  async function stopped(owner: SpokenProcess): Promise<void> {
    owner.signal('SIGSTOP');
    await until('the owner to be stopped', () => / T /.test(readFileSync(`/proc/${owner.pid}/stat`, 'utf8')));
  }

  it('is refused while another process has it, and names who', async () => {
    const owner = start();
    assert.equal((await owner.says('owner'))['owner'], 1);
    const second = start(0, 'run_2');
    assert.deepEqual(await second.says('held'), { held: owner.pid, run: 'run_1' });
    const { holder, heartbeatAgeMs } = await held();
    assert.equal(holder.pid, owner.pid);
    assert.ok(heartbeatAgeMs !== undefined && heartbeatAgeMs < 30_000);
  });

  it('is free at once when its owner released it', async () => {
    const owner = start();
    await owner.says('owner');
    owner.tell('release');
    await owner.exit();
    assert.ok(!existsSync(project().lock(PRD)));
    assert.ok(!existsSync(heartbeat()));
    assert.equal((await own()).term, 2);
  });

  it('passes to the next as soon as its owner was killed, without waiting for a stale lock', async () => {
    const owner = start();
    await owner.says('owner');
    const waiting = start(60_000);
    assert.equal((await waiting.says('waiting'))['waiting'], owner.pid);
    owner.signal('SIGKILL');
    await owner.exit();
    const killed = performance.now();
    assert.deepEqual(await waiting.says('owner'), { owner: 2, previous: owner.pid });
    // proper-lockfile alone would take its 10 s.
    assert.ok(performance.now() - killed < 8_000);
    assert.equal((await held()).holder.pid, waiting.pid);
  });

  it('takes up the heartbeat of a dead owner at once', async () => {
    const owner = start();
    await owner.says('owner');
    owner.signal('SIGKILL');
    await owner.exit();
    const left = statSync(heartbeat()).birthtimeMs;
    const warnings: string[] = [];
    await own({ logger: { ...silentLogger, warn: (message) => warnings.push(message) } });
    assert.deepEqual(warnings, []);
    assert.ok(statSync(heartbeat()).birthtimeMs > left);
  });

  it('goes to one of six that find a dead owner at once', async () => {
    const dead = start();
    await dead.says('owner');
    dead.signal('SIGKILL');
    await dead.exit();
    const six = Array.from({ length: 6 }, () => start());
    const answers = await Promise.all(six.map((process) => process.says('owner', 'held')));
    const owners = answers.filter((answer) => 'owner' in answer);
    assert.equal(owners.length, 1, JSON.stringify(answers));
    assert.equal(answers.filter((answer) => 'held' in answer).length, 5, JSON.stringify(answers));
  });

  it('stays with an owner who is stopped: it lives', async function () {
    if (process.platform !== 'linux') this.skip();
    const owner = start();
    await owner.says('owner');
    await stopped(owner);
    assert.equal((await held()).holder.pid, owner.pid);
    assert.equal(await cleanLock(project().state, PRD, 3_600_000), false);
    owner.signal('SIGCONT');
    assert.equal(await owner.ask('current', 'current'), true);
    assert.equal(await owner.ask('append x', 'appended'), 1);
  });

  it('is taken from a stopped owner by who may replace one whose heart stands still', async function () {
    if (process.platform !== 'linux') this.skip();
    const ghost = start();
    await ghost.says('owner');
    await stopped(ghost);
    assert.equal((await held({ waitMs: 600, replaceStillMs: 60_000 })).holder.pid, ghost.pid);
    const heir = await own({ waitMs: 60_000, replaceStillMs: 1_000 });
    assert.equal(heir.term, 2);
    ghost.signal('SIGCONT');
    await ghost.says('lost');
    assert.equal(await ghost.ask('append late', 'appended'), 'fenced');
    ghost.tell('release');
    await ghost.exit();
    assert.ok(heir.isCurrent() && existsSync(heartbeat()));
  });

  it('is lost by a stopped owner whose lock was cleaned: it finds out when it wakes, and can do nothing more', async function () {
    if (process.platform !== 'linux') this.skip();
    const ghost = start();
    await ghost.says('owner');
    assert.equal(await ghost.ask('append before', 'appended'), 1);
    await stopped(ghost);
    await until('its heart not to beat', () => Date.now() - statSync(heartbeat()).mtimeMs > 50);
    assert.ok(await cleanLock(project().state, PRD, 20));
    const owner = start();
    assert.equal((await owner.says('owner'))['owner'], 3);
    assert.equal(await owner.ask('append after', 'appended'), 2);

    ghost.signal('SIGCONT');
    await ghost.says('lost');
    assert.equal(await ghost.ask('append late', 'appended'), 'fenced');
    assert.equal(await ghost.ask('current', 'current'), false);
    const { events } = await readJournal(project(), PRD, 'run_1');
    assert.deepEqual(
      events.map((event) => event.data['message']),
      ['before', 'after'],
    );

    // Its end takes nothing away from the owner.
    ghost.tell('release');
    await ghost.exit();
    assert.equal((JSON.parse(readFileSync(project().lock(PRD), 'utf8')) as { term: number }).term, 3);
    assert.ok(existsSync(heartbeat()));
    assert.equal(await owner.ask('current', 'current'), true);
  });

  it('is not disturbed when a ghost is ended by a signal', async function () {
    if (process.platform !== 'linux') this.skip();
    const ghost = start();
    await ghost.says('owner');
    await stopped(ghost);
    assert.ok(await cleanLock(project().state, PRD, -1));
    const owner = start();
    await owner.says('owner');
    ghost.signal('SIGTERM'); // proper-lockfile removes its locks at exit
    ghost.signal('SIGCONT');
    await ghost.exit();
    assert.ok(existsSync(heartbeat()));
    assert.ok(existsSync(project().lock(PRD)));
  });

  it('is not lost with its heartbeat: that is taken up again', async () => {
    const ownership = await own();
    rmSync(heartbeat(), { recursive: true });
    await until('another heartbeat', () => existsSync(heartbeat()));
    assert.ok(ownership.isCurrent());
    assert.ok(!ownership.lost.aborted);
  });

  it('shows people who has it', async () => {
    const ownership = await own({ holder: currentHolder('storyloop run', 'run_7') });
    const shown = JSON.parse(readFileSync(project().lock(PRD), 'utf8')) as Record<string, unknown>;
    assert.deepEqual(
      [shown['pid'], shown['run'], shown['term'], shown['role']],
      [process.pid, 'run_7', ownership.term, 'storyloop run'],
    );
    assert.ok(Date.parse(String(shown['time'])) <= Date.now());
  });

  it('can be given up waiting for, and says once that it waits', async () => {
    await own();
    const giveUp = new AbortController();
    const waiting: Holder[] = [];
    const onWaiting = (holder: Holder): unknown => waiting.push(holder);
    // Its clock stands still: only giving up ends this.
    const answer = held({ waitMs: 60_000, clock: new FakeClock(), signal: giveUp.signal, onWaiting });
    await until('it to wait', () => waiting.length > 0);
    giveUp.abort();
    assert.equal((await answer).holder.pid, process.pid);
    assert.equal(waiting.length, 1);
    assert.equal((await held({ waitMs: 1_100, onWaiting })).holder.pid, process.pid);
    assert.equal(waiting.length, 2);
  });

  it('is lost when somebody claims a higher term, at the latest when it is asked', async () => {
    const ownership = await own();
    await new Terms(project().terms(PRD), parseHolder).claim(2, currentHolder('other'));
    assert.equal(ownership.isCurrent(), false);
    assert.ok(ownership.lost.aborted);
  });

  it('is lost in the very moment in which a higher term is there', async () => {
    const ownership = await own();
    writeFileSync(path.join(project().terms(PRD), '2.json'), '{}');
    assert.deepEqual([ownership.isCurrent(), ownership.lost.aborted], [false, true]);
  });

  it('is that of a living process of this machine, however long that was silent', async () => {
    const terms = new Terms(project().terms(PRD), parseHolder);
    const busy = { ...currentHolder('busy'), since: new Date(Date.now() - 3_600_000).toISOString() };
    await terms.claim(1, busy);
    assert.equal((await held()).holder.instance, busy.instance);
  });

  it('is lost without being asked, too', async () => {
    const ownership = await own();
    await new Terms(project().terms(PRD), parseHolder).claim(2, currentHolder('other'));
    await until('the owner to notice', () => ownership.lost.aborted);
  });

  it('is lost by who accepts after a later owner came', async () => {
    const late = await own();
    await new Terms(project().terms(PRD), parseHolder).claim(2, currentHolder('other'));
    await late.accept({ f: 1 });
    assert.ok(late.lost.aborted);
    assert.equal(late.isCurrent(), false);
    assert.equal(await new Terms(project().terms(PRD), parseHolder).acceptedBy(1), null);
  });

  it('is free after an owner in another container whose heart stopped, and only then', async () => {
    const terms = new Terms(project().terms(PRD), parseHolder);
    const foreign = { ...currentHolder('elsewhere'), pid_namespace: 'pid:[1]' };
    await terms.claim(1, foreign);
    assert.equal((await held()).holder.instance, foreign.instance);
    await terms.claim(2, { ...foreign, since: new Date(Date.now() - 60_000).toISOString() });
    assert.equal((await own()).term, 3);
  });

  it('is that of an owner elsewhere as long as its heart beats, whenever it began', async () => {
    const terms = new Terms(project().terms(PRD), parseHolder);
    const since = new Date(Date.now() - 3_600_000).toISOString();
    await terms.claim(1, { ...currentHolder('elsewhere'), pid_namespace: 'pid:[1]', since });
    mkdirSync(heartbeat(), { recursive: true });
    const { heartbeatAgeMs = Infinity } = await held();
    assert.ok(heartbeatAgeMs < 30_000);
    utimesSync(heartbeat(), Date.now() / 1_000 - 31, Date.now() / 1_000 - 31);
    assert.equal((await own()).term, 2);
  });

  it('knows who had it before, and how that ended', async () => {
    const first = await own();
    assert.equal(first.previous, undefined);
    await first[Symbol.asyncDispose]();
    const terms = new Terms(project().terms(PRD), parseHolder);
    const { term, released, holder } = (await own()).previous ?? {};
    assert.deepEqual([term, released, holder?.pid], [1, true, process.pid]);
    await terms.claim(3, { ...currentHolder('dead'), start_time: '1' });
    assert.deepEqual((await own()).previous?.released, false);
  });

  it('decides once how much of older files counts', async () => {
    const ownership = await own();
    await ownership.accept({ f: 1 });
    await assert.rejects(ownership.accept({ f: 2 }), /Internal error/);
  });

  it('is nobody’s any more when it was given back', async () => {
    const ownership = await own();
    await ownership[Symbol.asyncDispose]();
    assert.equal(ownership.isCurrent(), false);
    assert.ok(!ownership.lost.aborted);
    assert.ok(!existsSync(project().lock(PRD)));
  });

  it('is that of one run of the PRD, while its owner lives', async () => {
    assert.equal(await executorOf(project(), PRD, 'run_7'), undefined);
    const ownership = await own({ holder: currentHolder('test', 'run_7') });
    assert.equal((await executorOf(project(), PRD, 'run_7'))?.pid, process.pid);
    assert.equal(await executorOf(project(), PRD, 'run_8'), undefined);
    await ownership[Symbol.asyncDispose]();
    assert.equal(await executorOf(project(), PRD, 'run_7'), undefined);
  });

  it('is never had through a symbolic link', async () => {
    const elsewhere = path.join(folder(), 'elsewhere');
    mkdirSync(elsewhere);
    for (const link of [project().state, project().locks, path.dirname(project().terms(PRD)), project().terms(PRD)]) {
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(elsewhere, link);
      await assert.rejects(acquire(), /a link there is not followed/);
      assert.deepEqual(readdirSync(elsewhere), [], 'nothing is written there');
      rmSync(project().state, { recursive: true });
    }
  });

  describe('of all PRDs', () => {
    it('is listed, with what became of it', async () => {
      assert.deepEqual(await listLocks(project().state), []);
      const owner = start();
      await owner.says('owner');
      const gone = await own({ terms: project().terms('gone'), lockFile: project().lock('gone') });
      await gone[Symbol.asyncDispose]();
      const listed = async (): Promise<unknown[]> =>
        (await listLocks(project().state)).map(({ prdId, state, term }) => [prdId, state, term]);
      assert.deepEqual(await listed(), [
        ['gone', 'released', 1],
        [PRD, 'alive', 1],
      ]);
      owner.signal('SIGKILL');
      await owner.exit();
      assert.deepEqual(await listed(), [
        ['gone', 'released', 1],
        [PRD, 'dead', 1],
      ]);
    });

    it('is cleaned of a dead owner, once, and of nobody else', async () => {
      const owner = start();
      await owner.says('owner');
      assert.equal(await cleanLock(project().state, PRD, 3_600_000), false);
      await owner.ask('append x', 'appended');
      owner.signal('SIGKILL');
      await owner.exit();
      assert.ok(await cleanLock(project().state, PRD, 3_600_000));
      assert.ok(!existsSync(project().lock(PRD)));
      assert.ok(!existsSync(heartbeat()));
      assert.equal(await cleanLock(project().state, PRD, 0), false);
      for (const unknown of ['none', '../terms', '..', '']) {
        assert.equal(await cleanLock(project().state, unknown, 0), false);
        assert.deepEqual(readdirSync(path.dirname(project().terms(PRD))), [PRD], 'nothing was made for it');
      }
      const terms = new Terms(project().terms(PRD), parseHolder);
      const journal = 'runs/run_1/journal-1.jsonl';
      const { size } = statSync(path.join(project().state, journal));
      assert.equal(await terms.acceptedLength(1, journal), size);
      writeFileSync(path.join(project().state, journal), 'ghost', { flag: 'a' });
      assert.equal((await readJournal(project(), PRD, 'run_1')).events.length, 1);
    });
  });
});
