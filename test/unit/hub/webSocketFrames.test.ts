import assert from 'node:assert/strict';
import { textFrames } from '../../../src/hub/webSocketFrames.js';

describe('Text frames', () => {
  it('have the header that RFC 6455 gives each length, one frame after the other', () => {
    const headers: [number, string][] = [
      [0, '8100'],
      [125, '817d'],
      [126, '817e007e'],
      [65_535, '817effff'],
      [65_536, '817f0000000000010000'],
    ];
    const messages = headers.map(([length], index) => Buffer.alloc(length, 97 + index));
    const expected = headers.flatMap(([, header], index) => [Buffer.from(header, 'hex'), messages[index] ?? '']);
    assert.deepEqual(textFrames(messages), Buffer.concat(expected as Buffer[]));
  });
});
