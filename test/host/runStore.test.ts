import assert from 'node:assert/strict';
import { parseEnvelope, type Envelope } from '../../src/events/envelope.js';
import { emptyHub, foldHub } from '../../src/state/hubState.js';
import { RunStore, type StoreChange } from '../../src/vscode/runStore.js';
import { FakeClock } from '../rig/fakeClock.js';

let seq = 0;

/** What a run tells; `cursor` is its place in the hub's log, which transient events have none of. */
function event(type: string, data: object, cursor?: string): Envelope & { readonly cursor?: string } {
  const run = { run_id: 'run_1', source: 'run_1', prd_id: 'shop-prd-000000', project: 'shop-000000' };
  const head = { id: `e_${seq}`, type, ...run, timestamp: '2026-01-01T00:00:00.000Z', term: 1, source_seq: seq };
  const parsed = parseEnvelope({ ...head, data });
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return cursor === undefined ? parsed.value : { ...parsed.value, cursor };
}

const nextCursor = () => `log:${++seq}`;
const started = () => event('prd.started', { status: 'running', total_stories: 2, title: 'Shop' }, nextCursor());
const status = (story: string) =>
  event('story.status', { story_key: story, old_status: 'open', new_status: 'in_progress' }, nextCursor());
const progress = () =>
  event('command.progress', { story_key: 'US-1', command: 'agent', task_id: 't', message: 'hello' });

function openStore(clock: FakeClock): RunStore {
  const store = new RunStore(clock);
  store.restart(emptyHub(), new Set(), [], 'log:0', foldHub);
  clock.advance(250);
  return store;
}

describe('the run store', () => {
  it('tells changes together, at most every 250 ms, with the stories that they touched', () => {
    const clock = new FakeClock();
    const store = openStore(clock);
    const told: StoreChange[] = [];
    store.onDidChange((change) => told.push(change));
    for (const next of [started(), status('US-1'), status('US-2')]) store.receive(next);
    clock.advance(249);
    assert.equal(told.length, 0);
    clock.advance(1);
    assert.deepEqual(told, [{ runs: new Map([['run_1', new Set(['US-1', 'US-2'])]]), reset: false }]);
    clock.advance(1_000);
    assert.equal(told.length, 1);
    store.dispose();
  });

  it('passes transient events on at once, and neither folds nor keeps them', () => {
    const clock = new FakeClock();
    const store = openStore(clock);
    const received: string[] = [];
    store.onDidReceive(({ type }) => received.push(type));
    store.receive(started());
    const before = store.snapshot();
    store.receive(progress());
    assert.deepEqual(received, ['prd.started', 'command.progress']);
    assert.deepEqual(store.snapshot(), before);
    store.dispose();
  });

  it('gives a client the state, the last 50 events and the cursor that belongs to them', () => {
    const store = openStore(new FakeClock());
    store.receive(started());
    for (let count = 0; count < 60; count += 1) store.receive(status('US-1'));
    const { state, events, cursor } = store.snapshot();
    assert.deepEqual(
      state.runs.map(({ title, stories }) => [title, stories.map(({ id }) => id)]),
      [['Shop', ['US-1']]],
    );
    assert.equal(events.length, 50);
    assert.equal(cursor, `log:${seq}`);
    store.dispose();
  });

  it("forgets what it knew when a hub's snapshot comes", () => {
    const clock = new FakeClock();
    const store = openStore(clock);
    let resets = 0;
    store.onDidChange(({ reset }) => (resets += reset ? 1 : 0));
    store.receive(started());
    store.restart(emptyHub(), new Set(), [], 'other:7', foldHub);
    clock.advance(250);
    assert.deepEqual([store.runs, store.snapshot().cursor, resets], [[], 'other:7', 1]);
    store.dispose();
  });

  it('shows a live run that nobody executes as interrupted, as the hub tells it, and believes no one else', () => {
    const clock = new FakeClock();
    const store = openStore(clock);
    store.receive(started());
    clock.advance(250);
    const told: StoreChange[] = [];
    store.onDidChange((change) => told.push(change));
    const liveness = (interrupted: string[], source = 'hub') => ({
      ...event('hub.liveness', { interrupted }),
      ...{ source, run_id: undefined, prd_id: undefined },
    });
    const status = () => store.runs.map((run) => store.statusOf(run));
    store.receive(liveness(['run_1'], 'somebody'));
    assert.deepEqual(status(), ['running']);
    store.receive(liveness(['run_1']));
    assert.deepEqual(status(), ['interrupted']);
    assert.deepEqual(store.snapshot().state.interrupted, ['run_1']);
    clock.advance(250);
    assert.deepEqual(told, [{ runs: new Map([['run_1', new Set()]]), reset: false }]);
    store.receive(liveness([]));
    assert.deepEqual(status(), ['running']);
    store.dispose();
  });
});
