import assert from 'node:assert/strict';
import { WorkerNumbers } from '../../../src/coordinator/workerNumbers.js';

describe('The number of an attempt', () => {
  it('is the lowest that no other one has at the same time, and can be had again when it is given back', () => {
    const numbers = new WorkerNumbers();
    const [first, second, third] = [numbers.take(), numbers.take(), numbers.take()];
    assert.deepEqual([first.value, second.value, third.value], [1, 2, 3]);
    second[Symbol.dispose]();
    first[Symbol.dispose]();
    assert.deepEqual([numbers.take().value, numbers.take().value, numbers.take().value], [1, 2, 4]);
  });
});
