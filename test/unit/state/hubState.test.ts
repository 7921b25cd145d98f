import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isTransient } from '../../../src/events/catalogue.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyRun, fold } from '../../../src/state/fold.js';
import { emptyHub, foldHub, type HubState } from '../../../src/state/hubState.js';
import { restoreHub, snapshotHub, snapshotRun, type HubSnapshot } from '../../../src/state/snapshot.js';
import { arbitraryKnown, envelope, known, ownRun, type Origin } from '../events/arbitraryEvent.js';

const names = ['run_one', 'run_two', 'a', 'a:b', 'a%3Ab', 'external:a:p'];
const prds = ['p', 'b:p', 'sample-prd-3fa2c1'];

/** Whoever sends, whatever run and PRD he names. */
const origin: fc.Arbitrary<Origin> = fc.record(
  { source: fc.constantFrom(...names), run_id: fc.constantFrom(...names), prd_id: fc.constantFrom(...prds) },
  { requiredKeys: ['source'], noNullPrototype: true },
);

const log = fc
  .array(fc.tuple(arbitraryKnown, origin), { maxLength: 40 })
  .map((told) => told.map(([one, from], index) => envelope(one, index + 1, from)));

function foldOn(hub: HubState, events: readonly Envelope[]): HubState {
  for (const event of events) foldHub(hub, event);
  return hub;
}

const started = known('prd.started', { status: 'running', total_stories: 1 });

describe("The hub's state", () => {
  it("has for each run the fold of that run's own journal, whatever others say of it", () => {
    fc.assert(
      fc.property(log, (events) => {
        const hub = foldOn(emptyHub(), events);
        for (const id of ['run_one', 'run_two']) {
          const own = events.filter(({ type, source, run_id }) => !isTransient(type) && source === id && run_id === id);
          const [first] = own;
          const run = hub.runs.get(id);
          assert.equal(run === undefined, first === undefined);
          if (!first || !run) continue;
          const expected = emptyRun(first, false);
          for (const event of own) fold(expected, event);
          assert.deepEqual(run, expected);
        }
      }),
    );
  });

  it('keeps what two publishers say apart, also where their names run together', () => {
    fc.assert(
      fc.property(log, (events) => {
        const hub = emptyHub();
        const owners = new Map<string, string>();
        for (const event of events) {
          const { runId } = foldHub(hub, event);
          if (runId === undefined) continue;
          const owner = JSON.stringify([event.source, runId === event.source ? '' : event.prd_id]);
          assert.equal(owners.get(runId) ?? owner, owner);
          owners.set(runId, owner);
        }
        assert.equal(new Set(owners.values()).size, owners.size);
      }),
    );
  });

  it('calls a run that only a publisher tells of external, also when the publisher names the run after itself', () => {
    const hub = emptyHub();
    foldHub(hub, { ...started, source: 'script', run_id: 'script' });
    foldHub(hub, { ...started, source: 'script', run_id: ownRun.source });
    assert.deepEqual(
      [...hub.runs.values()].map((run) => [run.id, run.external]),
      [['external:script:sample-prd-3fa2c1', true]],
    );
  });

  it('does not change with an event that is told only once, and still says whose it is', () => {
    const hub = emptyHub();
    const output = { story_key: 'US-1', command: 'agent', task_id: 't1', message: 'Reading files' };
    assert.deepEqual(foldHub(hub, known('command.progress', output)), { run: false, runId: 'run_one' });
    assert.deepEqual(hub, emptyHub());
  });

  it('does not change with an event that belongs to neither a run nor a PRD', () => {
    const hub = foldOn(emptyHub(), [started]);
    const before = snapshotHub(hub);
    const stats = known('hub.stats', { connections: 1, total_events: 1, by_type: {} }, 2, { source: 'hub' });
    assert.deepEqual(foldHub(hub, stats), { run: false });
    assert.deepEqual(snapshotHub(hub), before);
  });

  it('says which run an event changed', () => {
    assert.deepEqual(foldHub(emptyHub(), started), { run: true, runId: 'run_one' });
  });
});

describe('A snapshot', () => {
  it('of any beginning, as JSON, restored, and then the rest is the fold of all', () => {
    fc.assert(
      fc.property(log, fc.nat(), (events, cut) => {
        const at = cut % (events.length + 1);
        const begun = foldOn(emptyHub(), events.slice(0, at));
        const restored = restoreHub(JSON.parse(JSON.stringify(snapshotHub(begun))) as HubSnapshot);
        assert.deepEqual(restored, begun);
        assert.deepEqual(foldOn(restored, events.slice(at)), foldOn(emptyHub(), events));
      }),
    );
  });

  it('does not change with the run that it was taken of', () => {
    const run = emptyRun(started, false);
    fold(run, known('story.started', { story_id: 'US-1' }, 2));
    const snapshot = snapshotRun(run);
    fold(run, known('story.started', { story_id: 'US-1', title: 'Later' }, 3));
    assert.equal(snapshot.stories[0]?.title, 'US-1');
  });

  it('keeps the stories in the order in which the run came to know them', () => {
    const run = emptyRun(started, false);
    for (const [index, id] of ['b', '10', 'a', '9'].entries())
      fold(run, known('story.started', { story_id: id }, index));
    assert.deepEqual(
      snapshotRun(run).stories.map((story) => story.id),
      ['b', '10', 'a', '9'],
    );
  });
});
