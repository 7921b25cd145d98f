import assert from 'node:assert/strict';
import { answerRequest, type PlainRequest } from '../../../src/hub/clientAnswers.js';
import type { HubCore } from '../../../src/hub/hubCore.js';

const event = { type: 'log.message', data: {} };

describe('A request over WebSocket', () => {
  it('is refused, before anything is done for it, when the token of its connection does not allow it', async () => {
    // Whoever is let through meets a hub that can do nothing, and the test fails.
    const core = {} as HubCore;
    const publishing: readonly PlainRequest[] = [
      { op: 'publish', events: [event] },
      { op: 'send', client_id: 'c_1', event },
    ];
    const asked: readonly (readonly [PlainRequest, readonly ('read' | 'browser' | 'publish' | undefined)[]])[] = [
      ...publishing.map((frame) => [frame, ['read', 'browser', undefined]] as const),
      [{ op: 'run.pause', run_id: 'run_a' }, ['read', 'publish', undefined]],
    ];
    for (const [frame, scopes] of asked) {
      for (const scope of scopes) {
        const answer = await answerRequest(core, { id: 'c_1', publisher: 'ci', scope }, frame);
        assert.ok(answer.op === 'error' && answer.code === 'FORBIDDEN', `${frame.op} with ${String(scope)}`);
      }
    }
  });
});
