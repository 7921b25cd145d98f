import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { becomeHub } from '../../../src/hub/becomeHub.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { readRun } from '../../../src/journal/readJournal.js';
import { Terms } from '../../../src/records/terms.js';
import { readDiscovery } from '../../../src/session/discovery.js';
import { currentHolder, parseHolder } from '../../../src/session/holder.js';
import { snapshotRun } from '../../../src/state/snapshot.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { HubRig, startJournal } from './hubRig.js';

const message = (text: string): object => ({ type: 'log.message', data: { level: 'info', message: text } });
const body = (answer: { body: string }): Record<string, unknown> => JSON.parse(answer.body) as Record<string, unknown>;

describe('The hub', () => {
  const folder = useTemporaryFolder();

  it('takes in the journals of all known projects once, before and after a restart, and shows their fold', async () => {
    let journalled = 0;
    const rig = await HubRig.start(folder());
    const { user } = rig;
    await using run = await startJournal(folder(), user, 'run_a1');
    const { paths, journal } = run;
    const write = async (count: number): Promise<void> => {
      for (let index = 0; index < count; index += 1) {
        await journal.append('log.message', { level: 'info', message: `${++journalled}` });
      }
    };
    await journal.append('prd.started', { status: 'running', total_stories: 1, title: 'Sample' });
    await journal.append('story.started', { story_id: 'US-1' }, { storyId: 'US-1' });
    await write(3);
    await until('the run to be known', () => rig.hub.state.runs.get('run_a1')?.seq === 5);
    await rig.hub.stop();
    await write(3);
    await using again = await HubRig.start(folder());
    // What was there before it started needs no waiting.
    assert.equal(again.hub.state.runs.get('run_a1')?.seq, 8);
    await write(2);
    await until('the last event', () => again.hub.state.runs.get('run_a1')?.seq === 10);
    const { events, more } = body(await again.http('/api/events?run=run_a1'));
    assert.deepEqual(
      (events as { source_seq: number }[]).map((event) => event.source_seq),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    assert.equal(more, false);
    const state = body(await again.http('/api/state'))['state'] as { runs: unknown[] };
    const folded = await readRun(paths, 'run_a1');
    assert.ok(folded);
    assert.deepEqual(state.runs, [JSON.parse(JSON.stringify(snapshotRun(folded)))]);
  });

  it('tells transient events of a run to who listens, and nobody later', async () => {
    await using rig = await HubRig.start(folder());
    await using run = await startJournal(folder(), rig.user, 'run_a1');
    const { journal } = run;
    await journal.append('prd.started', { status: 'running', total_stories: 1 });
    await until('the run to be known', () => rig.hub.state.runs.has('run_a1'));
    const socket = await rig.connect();
    journal.tell('command.progress', { story_key: 'US-1', command: 'x', task_id: 't', message: 'now' });
    const frame = await socket.frame('event');
    assert.equal((frame['event'] as { cursor?: string }).cursor, undefined);
    assert.equal(rig.hub.cursor, `${rig.hub.logId}:1`);
  });

  it('keeps log id, cursors and token over a restart, so that a client resumes without noticing', async () => {
    const first = await HubRig.start(folder());
    await first.emit([message('one'), message('two')]);
    const { token } = first;
    const { logId, cursor } = first.hub;
    await first.hub.stop();
    await using rig = await HubRig.start(folder());
    assert.deepEqual([rig.hub.logId, rig.hub.cursor, rig.token], [logId, cursor, token]);
    const socket = await rig.connect();
    await socket.ask({ op: 'subscribe', id: 1, since: `${logId}:1` });
    await rig.emit(message('three'));
    await until('both', () => socket.messages('s1').length === 2);
    assert.deepEqual(socket.messages('s1'), ['two', 'three']);
  });

  it('is one per user: who comes second is told who it is and where', async () => {
    const rig = await HubRig.start(folder());
    const options = { user: rig.user, clock: systemClock, logger: silentLogger, version: '1', port: 0, role: 'second' };
    const second = await becomeHub(options);
    assert.ok(!second.ok);
    assert.equal(second.error.holder.role, 'test');
    assert.equal(second.error.discovery?.port, rig.hub.port);
    assert.equal(second.error.discovery.token, rig.token);
    await rig.hub.stop();
    assert.equal(await readDiscovery(rig.user), undefined);
    const third = await becomeHub(options);
    assert.ok(third.ok);
    await third.value.stop();
  });

  it('stops by itself when another process became the hub, without acknowledging anything more', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit(message('mine'));
    const terms = new Terms(rig.user.hubTerms, parseHolder);
    await terms.claim(2, currentHolder('another'));
    const refused = await rig.hub.publish('ci', [{ type: 'log.message', data: { level: 'info', message: 'late' } }]);
    assert.equal(refused.ok, false);
    await until('the end', () => rig.hub.ended.aborted);
    await assert.rejects(rig.http('/health'));
    assert.equal((await terms.highest())?.released, false);
  });

  it('listens elsewhere when its port is taken, and says where', async () => {
    const squatter = createServer().listen(0, '127.0.0.1');
    await once(squatter, 'listening');
    try {
      const { port } = squatter.address() as AddressInfo;
      await using rig = await HubRig.start(folder(), { port });
      assert.notEqual(rig.hub.port, port);
      assert.equal((await readDiscovery(rig.user))?.port, rig.hub.port);
      assert.equal((await rig.http('/health')).status, 200);
    } finally {
      squatter.close();
    }
  });

  it('listens where the one before it did, and elsewhere while that port is taken; then, for some seconds, there besides', async () => {
    const before = await HubRig.start(folder());
    const { port } = before.hub;
    await before.hub.stop();
    // A hub that did not end in good order, whose port somebody has.
    await new Terms(before.user.hubTerms, parseHolder).claim(2, { ...currentHolder('killed'), start_time: '1' });
    const squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening');
    const clock = new FakeClock();
    {
      await using rig = await HubRig.start(folder(), { clock });
      const elsewhere = rig.hub.port;
      assert.notEqual(elsewhere, port);
      squatter.close();
      await once(squatter, 'close');
      await until('the port to be had', () => {
        clock.advance(250);
        return rig.hub.port === port;
      });
      await until('clients to be told', async () => (await readDiscovery(rig.user))?.port === port);
      assert.equal((await rig.http('/health')).status, 200);
      assert.equal((await fetch(`http://127.0.0.1:${elsewhere}/health`)).status, 200);
    }
    // After a good end the port that is asked for comes first, and nobody insists on the old one.
    await using next = await HubRig.start(folder());
    assert.equal(next.hub.port, port);
    await next.hub.stop();
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const asked = (free.address() as AddressInfo).port;
    await using taken = await HubRig.start(folder(), { port: asked });
    assert.equal(taken.hub.port, port);
    await taken.hub.stop();
    free.close();
    await once(free, 'close');
    await using last = await HubRig.start(folder(), { port: asked });
    assert.equal(last.hub.port, asked);
  });

  it('is found again when its discovery file went', async () => {
    const clock = new FakeClock();
    await using rig = await HubRig.start(folder(), { clock });
    const found = await readDiscovery(rig.user);
    assert.ok(found);
    rmSync(rig.user.discovery);
    clock.advance(10_000);
    await until('it to be back', () => existsSync(rig.user.discovery));
    assert.deepEqual(await readDiscovery(rig.user), found);
  });

  it('asks a run through its inbox, over HTTP and WebSocket, and only runs with a journal', async () => {
    await using rig = await HubRig.start(folder());
    await using run = await startJournal(folder(), rig.user, 'run_a1');
    const { paths, journal } = run;
    const criteria = [{ ac_index: 1, ac_text: 'It works' }];
    const planned = { story_id: 'US-1', title: 'One', priority: 1, depends_on: [], criteria, passes: false };
    await journal.append('prd.started', { status: 'running', total_stories: 1, stories: [planned] });
    await until('the run to be known', () => rig.hub.state.runs.has('run_a1'));
    await rig.emit({
      type: 'prd.started',
      prd_id: 'p-1',
      project: 'sample-000001',
      data: { status: 'running', total_stories: 1 },
    });
    const post = { method: 'POST', body: '{}' } as const;
    const answers = [
      await rig.http('/api/runs/run_a1/pause', post),
      await rig.http('/api/runs/run_a1/skip', { method: 'POST', body: '{"story_id":"US-1"}' }),
      await rig.http('/api/runs/run_a1/accept', { method: 'POST', body: '{"story_id":"US-1","ac_index":1}' }),
      await rig.http('/api/runs/run_a1/accept', { method: 'POST', body: '{"story_id":"US-1","ac_index":2}' }),
      await rig.http('/api/runs/run_a1/retry', { method: 'POST', body: '{"story_id":"US-1"}' }),
      await rig.http('/api/runs/run_a1/skip', post),
      await rig.http('/api/runs/run_a1/explode', post),
      await rig.http('/api/runs/run_zz/pause', post),
      await rig.http('/api/runs/external:external:p-1/pause', post),
      await rig.http('/api/runs/..%2f..%2frun_a1/pause', post),
      await rig.http('/api/runs/run_a1/pause'),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [202, 202, 202, 409, 409, 409, 404, 404, 404, 404, 405],
    );
    const socket = await rig.connect();
    const asked = await socket.ask({ op: 'run.stop', id: 1, run_id: 'run_a1' });
    const refused = await socket.ask({ op: 'run.skip', id: 2, run_id: 'run_a1', story_id: 'US-9' });
    assert.equal(refused['code'], 'NOT_POSSIBLE');
    const { inbox } = paths.run('run_a1');
    const intents = readdirSync(inbox)
      .sort()
      .map((name) => JSON.parse(readFileSync(`${inbox}/${name}`, 'utf8')) as Record<string, unknown>);
    assert.deepEqual(
      intents.map(({ intent, by }) => [intent, by]),
      [
        ['pause', 'HTTP client'],
        ['skip', 'HTTP client'],
        ['accept', 'HTTP client'],
        ['stop', 'hub client c_1'],
      ],
    );
    assert.equal(intents[3]?.['id'], asked['intent_id']);
  });

  it('forgets its history when it is told to, and nothing of its log', async () => {
    await using rig = await HubRig.start(folder());
    const socket = await rig.connect();
    const told = { type: 'log.message', data: { level: 'info', message: 'x' } };
    await rig.emit(told);
    assert.equal(rig.hub.bus.history().length, 1);
    assert.equal((await socket.ask({ op: 'clear_history', id: 1 }))['op'], 'ok');
    assert.deepEqual(rig.hub.bus.history(), []);
    await rig.emit(told);
    assert.equal((await rig.http('/api/history/clear', { method: 'POST', body: '{}' })).status, 200);
    assert.deepEqual(rig.hub.bus.history(), []);
    const page = JSON.parse((await rig.http('/api/events')).body) as { events: unknown[] };
    assert.equal(page.events.length, 2);
  });

  it('asks nothing of a run that nobody executes: whoever takes it up was not meant', async () => {
    await using rig = await HubRig.start(folder());
    const run = await startJournal(folder(), rig.user, 'run_a1');
    await run.journal.append('prd.started', { status: 'running', total_stories: 1 });
    await run[Symbol.asyncDispose]();
    await until('the run to be interrupted', () => rig.hub.interrupted.has('run_a1'));
    const post = { method: 'POST', body: '{}' } as const;
    const interrupted = await rig.http('/api/runs/run_a1/stop', post);
    assert.deepEqual([interrupted.status, body(interrupted)['code']], [409, 'NOT_EXECUTED']);
    assert.equal(existsSync(run.paths.run('run_a1').inbox), false);
  });

  it('gives history in pages that join without gaps, filtered or not', async () => {
    await using rig = await HubRig.start(folder(), { maxSegmentBytes: 3_000 });
    for (let index = 0; index < 12; index += 1) {
      await rig.emit([
        message(`${index}`),
        { type: 'story.started', prd_id: 'p-1', data: { story_id: `US-${index}` } },
      ]);
    }
    for (const [filter, expected] of [
      ['', 24],
      ['&type=story.*', 12],
      ['&type=story.*&story=US-3,US-4', 2],
      ['&prd=p-2', 0],
    ] as const) {
      const cursors: string[] = [];
      let page: { events: { cursor: string }[]; cursor: string; more: boolean };
      let since = '';
      do {
        page = body(await rig.http(`/api/events?limit=5${filter}${since}`)) as unknown as typeof page;
        cursors.push(...page.events.map(({ cursor }) => cursor));
        since = `&since=${page.cursor}`;
      } while (page.more);
      assert.equal(cursors.length, expected);
      assert.deepEqual(
        cursors,
        [...new Set(cursors)].sort((a, b) => Number(a.split(':')[1]) - Number(b.split(':')[1])),
      );
    }
    const until3 = body(await rig.http(`/api/events?until=${rig.hub.logId}:3`))['events'] as unknown[];
    assert.equal(until3.length, 3);
    const lost = await rig.http('/api/events?since=0:7');
    assert.deepEqual([lost.status, body(lost)['code']], [410, 'INVALID_CURSOR']);
    assert.equal((await rig.http('/api/events?limit=5000')).status, 400);
    assert.equal((await rig.http('/api/events?type=%2A%2A')).status, 400);
  });

  it('tells its figures every 10 s, and leaves no timer behind', async () => {
    const clock = new FakeClock();
    const rig = await HubRig.start(folder(), { clock });
    const figures: unknown[] = [];
    rig.hub.bus.subscribe('hub.stats', ({ data }) => figures.push(data.connections));
    await rig.connect();
    clock.advance(20_000);
    assert.deepEqual(figures, [1, 1]);
    await rig.hub.stop();
    await until('no timer to be left', () => clock.pending === 0);
  });

  it('finishes what it accepted and says goodbye when it stops', async () => {
    const rig = await HubRig.start(folder());
    const socket = await rig.connect();
    const stream = await rig.stream();
    socket.send({ op: 'publish', id: 1, events: [message('accepted')] });
    await socket.frame('event');
    const late = (text: string) =>
      rig.hub.publish('ci', [{ type: 'log.message', data: { level: 'info', message: text } }]);
    // One is being written, one waits for that.
    const pending = [late('written')];
    await new Promise(setImmediate);
    pending.push(late('waiting'));
    await rig.hub.stop();
    for (const stored of await Promise.all(pending)) assert.ok(stored.ok);
    await until('both to be told', () => socket.closed !== undefined && stream.ended);
    assert.equal(socket.closed?.code, 1001);
    assert.deepEqual(socket.messages('s0'), ['accepted', 'written', 'waiting']);
    assert.equal(existsSync(rig.user.discovery), false);
  });
});
