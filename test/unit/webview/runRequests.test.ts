import assert from 'node:assert/strict';
import type { ClientFrame } from '../../../src/events/frames.js';
import type { RunState } from '../../../src/state/runState.js';
import { ANSWER_MS, RunRequests } from '../../../webview-ui/runRequests.js';
import { HubView } from '../../../webview-ui/hubView.js';
import { Recorder } from '../../page/recordedRun.js';
import { FakeClock } from '../../rig/fakeClock.js';

/** A run as the dashboard has it, the requests to it, and a clock that the test moves. */
function rig() {
  const clock = new FakeClock();
  const sent: ClientFrame[] = [];
  const requests = new RunRequests(
    (frame) => sent.push(frame),
    clock,
    () => {},
  );
  const hub = new HubView();
  const to = new Recorder('run_1', 'prd_1', Date.parse('2026-11-21T07:00:00.000Z'));
  const tell = (): RunState => {
    for (const event of to.events.splice(0)) hub.take({ op: 'event', s: [], event });
    const run = hub.runs.get('run_1');
    assert.ok(run);
    requests.settle(run);
    return run;
  };
  to.add('prd.started', { status: 'running', total_stories: 0 });
  return { clock, sent, requests, to, tell, run: tell() };
}

describe('A request to a run', () => {
  it('is sent with an id of its own and pending until the run shows it', () => {
    const { requests, run, sent, to, tell, clock } = rig();
    requests.ask('pause', run);
    assert.deepEqual(sent, [{ op: 'run.pause', id: 1, run_id: 'run_1' }]);
    requests.answer({ op: 'ok', id: 1, intent_id: 'i' });
    assert.equal(requests.pending('run_1'), 'pause', 'accepted is not done');
    assert.equal(clock.pending, 0, 'an answer ends the wait for it');
    to.add('story.started', { story_id: 'US-001' });
    tell();
    assert.equal(requests.pending('run_1'), 'pause', 'another event is not its effect');
    to.add('pause.requested', { by: 'ada' });
    tell();
    assert.equal(requests.pending('run_1'), undefined);
    assert.equal(run.requested, 'pause');
  });

  it('is over when the hub refuses it, and says why', () => {
    const { requests, run } = rig();
    requests.ask('stop', run);
    requests.answer({ op: 'error', id: 1, code: 'UNAVAILABLE', message: 'the hub is stopping' });
    assert.equal(requests.pending('run_1'), undefined);
    assert.equal(requests.error, 'Stop failed: the hub is stopping');
    requests.dismiss();
    assert.equal(requests.error, undefined);
  });

  it('is given up when nobody answers', () => {
    const { requests, run, clock } = rig();
    requests.ask('pause', run);
    clock.advance(ANSWER_MS);
    assert.equal(requests.pending('run_1'), undefined);
    assert.match(requests.error ?? '', /No answer to “Pause”/);
  });

  it('is not ended by the answer to another one', () => {
    const { requests, run } = rig();
    requests.ask('pause', run);
    requests.ask('stop', run);
    requests.answer({ op: 'error', id: 1, code: 'INTERNAL', message: 'late' });
    assert.equal(requests.pending('run_1'), 'stop');
  });
});
