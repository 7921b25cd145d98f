import assert from 'node:assert/strict';
import type { Envelope } from '../../../src/events/envelope.js';
import type { HostFrame } from '../../../webview-ui/host.js';
import { HubStream } from '../../../webview-ui/hubStream.js';
import { HubView } from '../../../webview-ui/hubView.js';
import { runInThirdStory } from '../../page/recordedRun.js';

const START = Date.parse('2026-11-21T07:00:00.000Z');

/** Events as a hub numbers them. */
function numbered(): Envelope[] {
  return runInThirdStory(START).events.map((event, index) => ({ ...event, cursor: `log1:${index + 1}` }));
}

function rig() {
  const frames: HostFrame[] = [];
  return { frames, stream: new HubStream((frame) => frames.push(frame)) };
}

describe("A page's place in the hub's log", () => {
  it('begins with the state, and moves with each durable event', () => {
    const { stream, frames } = rig();
    const events = numbered();
    assert.equal(stream.cursor, undefined);
    stream.begin({ state: { runs: [] }, cursor: 'log1:0', events: [] });
    assert.equal(stream.cursor, 'log1:0');
    stream.take(events.slice(0, 3));
    assert.equal(stream.cursor, 'log1:3');
    const [transient] = runInThirdStory(START).events.slice(3);
    assert.ok(transient);
    stream.take([transient]);
    assert.equal(stream.cursor, 'log1:3', 'what has no cursor is told, and is no place');
    assert.deepEqual(
      frames.map(({ op }) => op),
      ['init', 'events', 'events'],
    );
  });

  it('drops what is no event, and tells the rest', () => {
    const { stream, frames } = rig();
    const [first] = numbered();
    assert.ok(first);
    stream.take([{ ...first, type: 7 } as unknown as Envelope]);
    assert.deepEqual(frames, []);
    stream.take([first]);
    assert.equal(frames.length, 1);
  });

  it('keeps what the page has when it is resumed, and replaces it when events cannot be had', () => {
    const view = new HubView();
    const stream = new HubStream((frame) => {
      view.take(frame);
    });
    const events = numbered();
    stream.begin({ state: { runs: [] }, cursor: 'log1:0', events: [] });
    stream.take(events);
    const [run] = view.runs.keys();
    assert.ok(run);
    stream.lost();
    assert.equal(view.connection.kind, 'lost');
    stream.resumed();
    assert.equal(view.connection.kind, 'connected');
    assert.equal(view.feed(run).length, events.length);
    stream.restart({ state: { runs: [] }, cursor: 'log2:9', reason: 'unknown_log' });
    assert.deepEqual([view.runs.size, stream.cursor], [0, 'log2:9']);
  });
});
