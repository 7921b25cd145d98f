import assert from 'node:assert/strict';
import { durationText, estimateText, measuredText } from '../../../src/state/durationText.js';

describe('Durations for people', () => {
  it('name the two largest units', () => {
    const texts = [0, 999, 45_000, 154_000, 3_600_000, 3_900_000].map(durationText);
    assert.deepEqual(texts, ['0s', '0s', '45s', '2m 34s', '1h 00m', '1h 05m']);
  });

  it('show tenths of what was quick', () => {
    assert.deepEqual([0, 1_940, 9_990, 10_000, 61_000].map(measuredText), ['0.0s', '1.9s', '9.9s', '10s', '1m 01s']);
  });

  it('are about right when estimated, and never say more than they know', () => {
    assert.deepEqual([10_000, 170_000, 3_900_000].map(estimateText), ['<1m', '~3m', '~1h 05m']);
  });
});
