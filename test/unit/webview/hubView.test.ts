import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import { emptyHub, foldHub } from '../../../src/state/hubState.js';
import { snapshotHub, type HubSnapshot } from '../../../src/state/snapshot.js';
import { FEED_LENGTH, HubView } from '../../../webview-ui/hubView.js';
import {
  externalRun,
  failThirdStoryOnce,
  finishRun,
  finishThirdStory,
  Recorder,
  RUN_ID,
  runInThirdStory,
} from '../../page/recordedRun.js';

const START = Date.parse('2026-11-21T07:00:00.000Z');

function foldOf(events: readonly Envelope[]): HubSnapshot {
  const hub = emptyHub();
  for (const event of events) foldHub(hub, event);
  return snapshotHub(hub);
}

function wholeRun(): Envelope[] {
  const to = runInThirdStory(START);
  finishThirdStory(to);
  finishRun(to);
  return to.events;
}

/** A view that was told all of `events` as they came. */
function told(events: readonly Envelope[]): HubView {
  const hub = new HubView();
  for (const event of events) hub.take({ op: 'event', s: [], event });
  return hub;
}

const snapshotOf = (hub: HubView): HubSnapshot => snapshotHub({ runs: new Map(hub.runs) });

describe("The dashboard's view of the hub", () => {
  it('is the fold of all events, wherever the snapshot was taken', () => {
    const events = wholeRun();
    const expected = foldOf(events);
    for (const cut of [0, 1, 17, 40, events.length]) {
      const hub = new HubView();
      const before = events.slice(0, cut);
      hub.take({ op: 'init', state: foldOf(before), events: before.slice(-50), cursor: `t:${cut}` });
      hub.take({ op: 'events', events: events.slice(cut).map((event) => ({ s: [], event })) });
      assert.deepEqual(snapshotOf(hub), expected);
    }
  });

  it('takes a reset in the place of everything it knew', () => {
    const hub = told(externalRun(START).events);
    const state = foldOf(runInThirdStory(START).events);
    hub.take({ op: 'reset', reason: 'expired', cursor: 't:1', state });
    assert.deepEqual(snapshotOf(hub), state);
    assert.equal(hub.feed(RUN_ID).length, 0);
  });

  it('lists the events of each run by itself, oldest first, and no more than the last ones', () => {
    const to = new Recorder('run_1', 'prd_1', START);
    for (let n = 1; n <= FEED_LENGTH + 20; n += 1) to.add('log.message', { level: 'info', message: `line ${n}` });
    const hub = told([...to.events, ...externalRun(START).events]);
    const feed = hub.feed('run_1');
    assert.equal(feed.length, FEED_LENGTH);
    assert.equal(feed[0]?.line.text, 'line 21');
    assert.equal(feed.at(-1)?.line.text, `line ${FEED_LENGTH + 20}`);
    assert.deepEqual([...hub.runs.keys()], ['run_1', 'external:nightly.sh:nightly-import']);
    assert.equal(hub.feed('external:nightly.sh:nightly-import').length, 2);
  });

  it('shows what a running command says, not as events, and forgets it when the command ends', () => {
    const to = runInThirdStory(START);
    const say = { story_key: 'US-003', command: 'scripted', task_id: 'US-003-1' };
    to.add('command.progress', { ...say, message: 'one' }).add('command.progress', { ...say, message: 'two' });
    to.add('command.progress', { ...say, task_id: 'unknown', message: 'lost' });
    const hub = told(to.events);
    assert.equal(hub.output(RUN_ID, 'US-003-1'), 'one\ntwo');
    assert.equal(hub.output(RUN_ID, 'unknown'), '');
    assert.ok(hub.feed(RUN_ID).every(({ event }) => event.type !== 'command.progress'));
    const known = to.events.length;
    failThirdStoryOnce(to);
    for (const event of to.events.slice(known)) hub.take({ op: 'event', s: [], event });
    assert.equal(hub.output(RUN_ID, 'US-003-1'), '');
  });

  it('gives a new version to the story that an event touched, and to no other', () => {
    const to = runInThirdStory(START);
    const hub = told(to.events);
    const run = hub.runs.get(RUN_ID);
    assert.ok(run);
    const versions = (): number[] => [run, ...run.stories.values()].map((part) => hub.version(part));
    const before = versions();
    to.add('criterion.claimed', { story_id: 'US-003', ac_index: 2 });
    hub.take({ op: 'event', s: [], event: to.events.at(-1) as Envelope });
    const grown = versions().map((version, index) => version - (before[index] ?? 0));
    assert.deepEqual(grown, [0, 0, 0, 1, 0, 0]);
  });

  it('prefers a live run, then our own, then the newest', () => {
    const done = wholeRun();
    assert.equal(told(done).newestRun()?.id, RUN_ID);
    assert.equal(told([...done, ...externalRun(START).events]).newestRun()?.external, true);
    const live = new Recorder('run_live', 'prd_1', START - 1).add('prd.started', {
      status: 'running',
      total_stories: 1,
    });
    assert.equal(told([...externalRun(START).events, ...live.events]).newestRun()?.id, 'run_live');
    const newer = new Recorder('run_newer', 'prd_1', START + 1).add('prd.started', {
      status: 'running',
      total_stories: 1,
    });
    assert.equal(told([...newer.events, ...live.events]).newestRun()?.id, 'run_newer');
    assert.equal(new HubView().newestRun(), undefined);
  });

  it("shows the runs of its window's folders before all others; where there is no window, all are equal", () => {
    const run = (id: string, root: string, start: number): Envelope[] =>
      new Recorder(id, `prd_${id}`, start).add('prd.started', { status: 'running', total_stories: 1, root }).events;
    const events = [
      ...run('run_mine', '/home/ada/mine', START),
      ...run('run_deep', '/home/ada/mine/sub/module', START - 1),
      ...run('run_like', '/home/ada/mine2', START + 1),
      ...run('run_other', '/home/ada/other', START + 2),
    ];
    const state = foldOf(events);
    const order = (folders?: string[]): string[] => {
      const hub = new HubView();
      hub.take({ op: 'init', state, events, cursor: 't:4', ...(folders && { folders }) });
      assert.equal(hub.newestRun()?.id, hub.sortedRuns()[0]?.id);
      return hub.sortedRuns().map(({ id }) => id.slice('run_'.length));
    };
    assert.deepEqual(order(), ['other', 'like', 'mine', 'deep']);
    assert.deepEqual(order(['/home/ada/mine']), ['mine', 'deep', 'other', 'like']);
    assert.deepEqual(order(['/home/ada/mine/sub']), ['mine', 'deep', 'other', 'like']);
    assert.deepEqual(order(['/']), ['other', 'like', 'mine', 'deep']);
    assert.deepEqual(order([]), ['other', 'like', 'mine', 'deep']);
  });

  it('keeps the last known state while the hub is gone, until the next snapshot', () => {
    const hub = told(runInThirdStory(START).events);
    hub.take({ op: 'disconnected' });
    assert.equal(hub.connection.kind, 'lost');
    assert.equal(hub.runs.size, 1);
    hub.take({ op: 'init', state: { runs: [] }, events: [], cursor: 't:0' });
    assert.equal(hub.connection.kind, 'connected');
  });
});
