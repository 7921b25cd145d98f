import assert from 'node:assert/strict';
import fc from 'fast-check';
import { intentName } from '../../../src/events/catalogue.js';
import { Control } from '../../../src/coordinator/control.js';

const wish = fc.oneof(
  fc.constantFrom(...intentName.options).map((intent) => ({ intent })),
  fc.constantFrom('signal' as const, 'run-timeout' as const, 'lost' as const).map((stop) => ({ stop })),
);

describe('What people and signals want of a run', () => {
  it('is paused exactly when the last wish about it was a pause, and ended by the first wish to end it, for good', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wish), async (wishes) => {
        const control = new Control();
        for (const each of wishes) {
          if ('intent' in each) control.apply(each);
          else control.stop(each.stop);
        }
        const ends = wishes.flatMap((each) =>
          'stop' in each ? [each.stop] : each.intent === 'stop' || each.intent === 'cancel' ? [each.intent] : [],
        );
        const pauses = wishes.flatMap((each) =>
          'intent' in each && (each.intent === 'pause' || each.intent === 'resume') ? [each.intent] : [],
        );
        assert.equal(control.stopReason, ends[0]);
        assert.equal(control.pauseWanted, pauses.at(-1) === 'pause');
        if (!control.pauseWanted || ends.length > 0) assert.equal(await control.whilePaused(), ends.length === 0);
      }),
    );
  });

  it('ends the attempts that run when a pause does not wait for them, and one that begins at that moment', () => {
    const control = new Control();
    const running = control.beginAttempt('US-1');
    control.apply({ intent: 'pause' });
    assert.equal(running.aborted, false);
    control.apply({ intent: 'pause', now: true });
    assert.equal(running.aborted, true);
    assert.equal(control.beginAttempt('US-2').aborted, true);
    control.apply({ intent: 'resume' });
    assert.equal(control.beginAttempt('US-2').aborted, false);
    assert.equal(control.stopping.aborted, false);
  });

  it('ends the attempt of a story that is left out, and no other', () => {
    const control = new Control();
    const [one, other] = [control.beginAttempt('US-1'), control.beginAttempt('US-2')];
    control.apply({ intent: 'skip', story_id: 'US-1' });
    assert.deepEqual([one.aborted, other.aborted], [true, false]);
  });

  it('lets a paused run go on when it is resumed, and end when it is stopped', async () => {
    for (const [intent, goesOn] of [
      ['resume', true],
      ['stop', false],
    ] as const) {
      const control = new Control();
      control.apply({ intent: 'pause' });
      const waiting = control.whilePaused();
      control.apply({ intent });
      assert.equal(await waiting, goesOn);
    }
  });
});
