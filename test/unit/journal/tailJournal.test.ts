import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Envelope } from '../../../src/events/envelope.js';
import { readJournal } from '../../../src/journal/readJournal.js';
import { JournalFollower, type JournalBatch } from '../../../src/journal/tailJournal.js';
import { Disposables } from '../../../src/primitives/disposables.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import { Owner, PRD, termsOf } from '../../rig/journalOwner.js';
import ownerProcess from '../../rig/ownerProcess.ts?bundle';
import { SpokenProcess } from '../../rig/spokenProcess.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

/** Follows a project as a hub does: remembers what it had, and can be closed and opened again. */
class Listener implements AsyncDisposable {
  readonly events: Envelope[] = [];
  readonly transient: Envelope[] = [];
  readonly errors: string[] = [];
  onBatch: (batch: JournalBatch) => Promise<void> = () => Promise.resolve();
  #follower: JournalFollower | undefined;

  constructor(
    readonly project: ProjectPaths,
    readonly pollMs = 3_600_000,
  ) {}

  async open(): Promise<void> {
    this.#follower = new JournalFollower(this.project, {
      after: (runId) => this.events.filter((event) => event.source === runId).at(-1)?.source_seq ?? 0,
      onBatch: async (batch) => {
        await this.onBatch(batch);
        (batch.transient ? this.transient : this.events).push(...batch.events);
      },
      logger: { ...silentLogger, error: (message) => this.errors.push(message) },
      pollMs: this.pollMs,
    });
    await this.#follower.open();
  }

  messages(): unknown[] {
    return this.events.map((event) => event.data['message']);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#follower?.[Symbol.asyncDispose]();
  }
}

describe('A journal follower', () => {
  const folder = useTemporaryFolder();
  let resources = new Disposables();
  beforeEach(() => (resources = new Disposables()));
  afterEach(() => resources[Symbol.asyncDispose]());

  const project = (): ProjectPaths => new ProjectPaths(folder());
  const claim = async (runId = 'run_1', at = project()): Promise<Owner> => resources.use(await Owner.claim(at, runId));
  const own = async (runId?: string): Promise<Owner> => (await claim(runId)).accept();
  const listen = async (pollMs?: number): Promise<Listener> => {
    const listener = resources.use(new Listener(project(), pollMs));
    await listener.open();
    return listener;
  };

  it('has had everything that was there when it is open', async () => {
    for (const runId of ['run_1', 'run_2']) {
      const owner = await own(runId);
      for (let n = 0; n < 3; n += 1) await owner.append(`${runId} ${n}`);
    }
    const listener = await listen();
    assert.deepEqual(listener.messages(), ['run_1 0', 'run_1 1', 'run_1 2', 'run_2 0', 'run_2 1', 'run_2 2']);
  });

  it('notices without its poll what is appended, a next term, and a new run', async () => {
    const first = await own();
    await first.append('a');
    const listener = await listen();
    await first.append('b');
    await until('b', () => listener.messages().includes('b'));
    const second = await own();
    await second.append('c');
    await until('c', () => listener.messages().includes('c'));
    const other = await own('run_2');
    await other.append('d');
    await until('d', () => listener.messages().includes('d'));
    assert.deepEqual(listener.messages(), ['a', 'b', 'c', 'd']);
  });

  it('notices without its poll what counts since a lock was cleaned', async () => {
    const first = await own();
    await first.append('a');
    const listener = await listen();
    const { term } = await claim();
    first.appendUnasked('b');
    await termsOf(project()).accept(term, (await readJournal(project(), PRD, 'run_1')).lengths);
    await until('b', () => listener.messages().includes('b'));
  });

  it('finds by its poll what no watch could tell of: it was there before the project had any state', async () => {
    const listener = await listen(20);
    const owner = await own();
    await owner.append('a');
    await until('a', () => listener.messages().includes('a'));
  });

  it('hands over nothing of an older term while it is not decided how much of it counts', async () => {
    const first = await own();
    await first.append('a');
    const listener = await listen(10);
    const second = await claim();
    first.appendUnasked('perhaps');
    let polls = 0;
    await until('some polls', () => ++polls > 10);
    assert.deepEqual(listener.messages(), ['a']);
    await second.accept();
    await until('the decision', () => listener.messages().length > 1);
    assert.deepEqual(listener.messages(), ['a', 'perhaps']);
  });

  it('hands over every durable event that counts, once and in order, whatever owners and ghosts do', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('append' as const) },
      { weight: 3, arbitrary: fc.constant('ghost' as const) },
      { weight: 2, arbitrary: fc.constantFrom('claim' as const, 'accept' as const, 'reopen' as const) },
      { weight: 2, arbitrary: fc.constant('turn' as const) },
    );
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const at = new ProjectPaths(`${folder()}/${++round}`);
        const owners: Owner[] = [await (await claim('run_1', at)).accept()];
        let claimed: Owner | undefined;
        let count = 0;
        const acknowledged: string[] = [];
        const listener = resources.use(new Listener(at, 5));
        await listener.open();
        for (const one of [...steps, 'accept' as const, 'append' as const]) {
          const owner = owners.at(-1);
          if (one === 'append') {
            const message = `owner ${count++}`;
            if (claimed) owner?.appendUnasked(message);
            else if (await owner?.append(message)) acknowledged.push(message);
          } else if (one === 'ghost') {
            for (const ghost of owners.slice(0, -1)) ghost.appendUnasked(`ghost ${count++}`);
          } else if (one === 'claim') {
            claimed ??= await claim('run_1', at);
          } else if (one === 'accept') {
            claimed ??= await claim('run_1', at);
            owners.push(await claimed.accept());
            claimed = undefined;
          } else if (one === 'reopen') {
            await listener[Symbol.asyncDispose]();
            await listener.open();
          } else {
            await new Promise(setImmediate);
          }
        }
        const { events, corrupt } = await readJournal(at, PRD, 'run_1');
        await until('the follower to have all', () => listener.events.length >= events.length, 5_000);
        await listener[Symbol.asyncDispose]();
        assert.equal(corrupt, undefined);
        assert.deepEqual(listener.events, events);
        assert.deepEqual(
          listener.events.map((event) => event.source_seq),
          events.map((_, index) => index + 1),
        );
        const told = listener.messages();
        assert.deepEqual(
          acknowledged,
          told.filter((message) => acknowledged.includes(String(message))),
        );
        assert.deepEqual(listener.errors, []);
      }),
      { numRuns: 20 },
    );
  });

  it('begins after what is known already', async () => {
    const owner = await own();
    for (const message of ['a', 'b', 'c']) await owner.append(message);
    const listener = resources.use(new Listener(project()));
    const { events } = await readJournal(project(), PRD, 'run_1');
    listener.events.push(...events.slice(0, 2));
    await listener.open();
    assert.deepEqual(listener.messages(), ['a', 'b', 'c']);
  });

  it('never runs ahead, and offers again what could not be taken', async () => {
    const owner = await own();
    await owner.append('a');
    const listener = resources.use(new Listener(project(), 10));
    let running = 0;
    let refusals = 2;
    listener.onBatch = async () => {
      assert.equal(++running, 1);
      await new Promise(setImmediate);
      running -= 1;
      if (refusals-- > 0) throw new Error('the log is full');
    };
    await listener.open();
    await owner.append('b');
    await until('both', () => listener.events.length === 2);
    assert.deepEqual(listener.messages(), ['a', 'b']);
    assert.equal(listener.errors.length, 2);
  });

  it('passes on transient events from now on, and of the present owner only', async () => {
    const owner = await own();
    await owner.append('a');
    const tell = (from: Owner, message: string): void => {
      from.writer.tell('command.progress', { story_key: 'S', command: 'c', task_id: message, message });
    };
    tell(owner, 'told before');
    const listener = await listen(10);
    tell(owner, 'now');
    await until('it to be told', () => listener.transient.length > 0);
    const next = await claim();
    tell(owner, 'a ghost');
    let polls = 0;
    await until('some polls', () => ++polls > 10);
    await (await next.accept()).append('b');
    tell(next, 'then');
    await until('the next', () => listener.transient.some((event) => event.data['message'] === 'then'));
    assert.deepEqual(
      listener.transient.map((event) => event.data['message']),
      ['now', 'then'],
    );
    assert.deepEqual(listener.messages(), ['a', 'b']);
  });

  it('reports a damaged journal once, keeps what stands before, and goes on with the others', async () => {
    const owner = await own();
    await owner.append('a');
    appendFileSync(project().run('run_1').journal(1), '{"forged":true}\n');
    const other = await own('run_2');
    await other.append('x');
    const listener = await listen();
    await other.append('y');
    await until('y', () => listener.messages().includes('y'));
    assert.deepEqual(listener.messages(), ['a', 'x', 'y']);
    assert.equal(listener.errors.length, 1);
    assert.match(listener.errors[0] ?? '', /journal-1\.jsonl: no-crc/);
  });

  it('hands over each event once when its run is killed and goes on in another process', async () => {
    const listener = await listen(50);
    const start = (): SpokenProcess =>
      resources.use(SpokenProcess.start(ownerProcess, folder(), [folder(), PRD, 'run_1', '60000']));
    const first = start();
    await first.says('owner');
    for (const message of ['a', 'b']) await first.ask(`append ${message}`, 'appended');
    const second = start();
    await second.says('waiting');
    for (const message of ['c', 'd', 'e']) first.tell(`append ${message}`);
    await first.says('appended');
    first.signal('SIGKILL');
    await second.says('owner');
    await second.ask('append z', 'appended');
    await until('the last event', () => listener.messages().includes('z'));
    const { events } = await readJournal(project(), PRD, 'run_1');
    assert.deepEqual(listener.events, events);
    assert.deepEqual(listener.messages().slice(0, 3), ['a', 'b', 'c']);
  });
});
