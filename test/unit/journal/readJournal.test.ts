import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { JournalWriter } from '../../../src/journal/journalWriter.js';
import { listRuns, readJournal, readRun, type JournalReading } from '../../../src/journal/readJournal.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { Disposables } from '../../../src/primitives/disposables.js';
import { ProjectPaths } from '../../../src/session/paths.js';
import { Owner, PRD, termsOf } from '../../rig/journalOwner.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('Reading a journal', () => {
  const folder = useTemporaryFolder();
  let owners = new Disposables();
  beforeEach(() => (owners = new Disposables()));
  afterEach(() => owners[Symbol.asyncDispose]());

  const project = (): ProjectPaths => new ProjectPaths(folder());
  const own = async (runId = 'run_1'): Promise<Owner> => {
    const owner = owners.use(await Owner.claim(project(), runId));
    return owner.accept();
  };
  const read = (runId = 'run_1'): Promise<JournalReading> => readJournal(project(), PRD, runId);
  const messages = async (runId?: string): Promise<unknown[]> =>
    (await read(runId)).events.map((event) => event.data['message']);
  const journal = (term: number, runId = 'run_1'): string => project().run(runId).journal(term);
  const sizeOf = (term: number, runId?: string): number => statSync(journal(term, runId)).size;

  it('gives nothing of a run that is not there', async () => {
    assert.deepEqual(await read(), { events: [], lengths: {}, corrupt: undefined });
    assert.equal(await readRun(project(), 'run_1'), undefined);
    assert.deepEqual(await listRuns(project()), []);
  });

  it('gives the events of all terms in order', async () => {
    const first = await own();
    await first.append('a');
    await first.append('b');
    const second = await own();
    await second.append('c');
    const { events, corrupt } = await read();
    assert.deepEqual(
      events.map((event) => [event.term, event.source_seq, event.data['message']]),
      [
        [1, 1, 'a'],
        [1, 2, 'b'],
        [2, 3, 'c'],
      ],
    );
    assert.equal(corrupt, undefined);
  });

  it('leaves out what a ghost wrote after its successor had accepted, in the file and in what it makes anew', async () => {
    const ghost = await own();
    await ghost.append('a');
    const successor = await own();
    assert.equal(await ghost.append('late'), false);
    ghost.appendUnasked('later');
    await successor.append('b');
    assert.deepEqual(await messages(), ['a', 'b']);

    // Term 3 was stopped before it made its journal; it does so after 4 has accepted.
    const late = owners.use(await Owner.claim(project(), 'run_1'));
    const last = await own();
    await last.append('c');
    const identity = { runId: 'run_1', prdId: PRD, project: 'p', term: late.term, lastSeq: 2 };
    await using writer = await JournalWriter.create(project().run('run_1'), identity, () => false, systemClock);
    await writer.append('log.message', { level: 'info', message: 'ghost' });
    assert.ok(sizeOf(late.term) > 0);
    assert.deepEqual(await messages(), ['a', 'b', 'c']);
  });

  it('counts what was on disk when the successor looked, acknowledged or not', async () => {
    const first = await own();
    await first.append('a');
    const second = owners.use(await Owner.claim(project(), 'run_1'));
    first.appendUnasked('in time');
    await second.accept();
    await second.append('b');
    assert.deepEqual(await messages(), ['a', 'in time', 'b']);
  });

  it('cuts a torn tail off', async () => {
    const first = await own();
    await first.append('a');
    const whole = sizeOf(1);
    await first.append('torn');
    truncateSync(journal(1), sizeOf(1) - 5);
    assert.deepEqual((await read()).lengths, { 'runs/run_1/journal-1.jsonl': whole });
    const second = await own();
    await second.append('b');
    const { events, corrupt } = await read();
    assert.deepEqual(
      events.map((event) => event.source_seq),
      [1, 2],
    );
    assert.equal(corrupt, undefined);
  });

  it('keeps a whole last record that lost only its newline', async () => {
    const first = await own();
    await first.append('a');
    truncateSync(journal(1), sizeOf(1) - 1);
    const second = await own();
    await second.append('b');
    assert.deepEqual(await messages(), ['a', 'b']);
  });

  it('names a journal that changed, and gives what stands before', async () => {
    const first = await own();
    for (const message of ['a', 'b', 'c']) await first.append(message);
    const good = readFileSync(journal(1));
    const ends = [...good.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1);
    const faults: [Buffer, string][] = [
      [Buffer.from(good.toString().replace('"b"', '"x"')), 'crc-mismatch'],
      [Buffer.concat([good.subarray(0, ends[0]), good.subarray(ends[1])]), 'event 2 is not where it should be'],
      [Buffer.concat([good.subarray(0, ends[0]), good]), 'event 2 is not where it should be'],
    ];
    for (const [content, fault] of faults) {
      writeFileSync(journal(1), content);
      const { events, corrupt } = await read();
      assert.deepEqual(corrupt, { file: 'runs/run_1/journal-1.jsonl', fault });
      assert.equal(events.length, 1);
    }
    writeFileSync(journal(1), good);
    await own();
    truncateSync(journal(1), ends[1]);
    assert.deepEqual((await read()).corrupt, { file: 'runs/run_1/journal-1.jsonl', fault: 'shorter than it was' });
  });

  it('finds how far the journals of all runs of the PRD count, because their ghosts end with the same term', async () => {
    const first = await own('run_1');
    await first.append('a');
    const length = sizeOf(1);
    const second = await own('run_2'); // a fresh run: it does not read run_1 at all
    await second.append('x');
    first.appendUnasked('ghost');
    assert.equal(await termsOf(project()).acceptedLength(1, 'runs/run_1/journal-1.jsonl'), length);
    assert.deepEqual(await messages('run_1'), ['a']);
    assert.deepEqual((await read('run_3')).lengths, { 'runs/run_2/journal-2.jsonl': sizeOf(2, 'run_2') });
  });

  it('leaves the runs of other PRDs alone', async () => {
    const first = await own('run_1');
    await first.append('a');
    const identity = { runId: 'run_2', prdId: 'other', project: 'p', term: 1, lastSeq: 0 };
    await using writer = await JournalWriter.create(project().run('run_2'), identity, () => true, systemClock);
    await writer.append('log.message', { level: 'info', message: 'x' });
    assert.deepEqual(Object.keys((await read('run_3')).lengths), ['runs/run_1/journal-1.jsonl']);
  });

  it('folds to the run, and lists the runs, newest first', async () => {
    const owner = await own('run_a');
    await owner.writer.append('prd.started', { status: 'running', total_stories: 3, title: 'T' });
    await owner.writer.append('prd.paused', {});
    const second = await own('run_b');
    await second.append('x');
    const run = await readRun(project(), 'run_a');
    assert.deepEqual([run?.id, run?.prdId, run?.status, run?.title, run?.seq], ['run_a', PRD, 'paused', 'T', 2]);
    mkdirSync(path.join(project().runs, 'not-a-run'));
    appendFileSync(path.join(project().runs, 'run_file'), '');
    assert.deepEqual(await listRuns(project()), ['run_b', 'run_a']);
  });
});
