import assert from 'node:assert/strict';
import fc from 'fast-check';
import { watchLine } from '../../../src/cli/watchLine.js';
import type { Envelope } from '../../../src/events/envelope.js';

const event = (type: string, data: Record<string, unknown>, more: Partial<Envelope> = {}): Envelope => ({
  ...{ id: 'e1', type, source: 'run_1', run_id: 'run_1', prd_id: 'p-1', term: 1, source_seq: 1, data },
  timestamp: '2026-11-21T07:01:02.000Z',
  ...more,
});

describe('A line of storyloop watch', () => {
  it('says when, of which PRD and story, what, and who says so if that is not the run itself', () => {
    const started = event('story.started', { story_id: 'US-1', title: 'One' });
    assert.equal(watchLine(started, false), '07:01:02 p-1 US-1 Story started: One');
    assert.equal(watchLine({ ...started, source: 'ci' }, false), '07:01:02 p-1 US-1 Story started: One (ci)');
  });

  it('is left out for what is told only once, and for all but errors where only these are wanted', () => {
    const progress = { story_key: 'US-1', command: 'agent', task_id: 't', message: 'Reading' };
    assert.equal(watchLine(event('command.progress', progress), false), undefined);
    assert.equal(watchLine(event('story.started', { story_id: 'US-1' }), true), undefined);
    const failed = event('error.occurred', { error: 'no disk' });
    assert.equal(watchLine(failed, true), '07:01:02 p-1 no disk');
  });

  it('is one line that cannot steer the terminal, whatever the names in an event are', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('\u001b]0;x\u0007', '\u001b[2J', '\r', '\n', '\u009b2J'),
        (text, bad) => {
          const name = `${text}${bad}`;
          const line = watchLine(
            event('story.started', { story_id: name, title: name }, { prd_id: name, source: name }),
            false,
          );
          // eslint-disable-next-line no-control-regex -- those are what must not be there
          assert.doesNotMatch(line ?? '', /[\u0000-\u001f\u007f-\u009f]/);
        },
      ),
    );
  });
});
