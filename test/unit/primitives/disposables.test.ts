import assert from 'node:assert/strict';
import { Disposables } from '../../../src/primitives/disposables.js';

describe('Disposables', () => {
  it('are released in reverse order, each before the next', async () => {
    const order: string[] = [];
    {
      await using owned = new Disposables();
      owned.defer(() => order.push('first'));
      owned.use({
        [Symbol.asyncDispose]: async () => {
          await Promise.resolve();
          order.push('second');
        },
      });
      owned.use({ [Symbol.dispose]: () => order.push('third') });
    }
    assert.deepEqual(order, ['third', 'second', 'first']);
  });

  it('are all released when some of them fail, and every failure is told', async () => {
    const order: string[] = [];
    const owned = new Disposables();
    const fail = (name: string): void => {
      owned.defer(() => {
        order.push(name);
        throw new Error(name);
      });
    };
    fail('a');
    owned.defer(() => order.push('b'));
    fail('c');
    await assert.rejects(owned[Symbol.asyncDispose](), (error: AggregateError) => {
      assert.deepEqual(
        error.errors.map((one: Error) => one.message),
        ['c', 'a'],
      );
      return true;
    });
    assert.deepEqual(order, ['c', 'b', 'a']);
  });

  it('tell a single failure as it is', async () => {
    const owned = new Disposables();
    const failure = new Error('no');
    owned.defer(() => Promise.reject(failure));
    await assert.rejects(owned[Symbol.asyncDispose](), failure);
  });

  it('release at once what comes too late', async () => {
    const owned = new Disposables();
    await owned[Symbol.asyncDispose]();
    assert.equal(owned.disposed, true);
    let released = false;
    owned.defer(() => (released = true));
    assert.equal(released, true);
  });

  it('release what is added while they are being released', async () => {
    const owned = new Disposables();
    let released = false;
    owned.defer(() => {
      owned.defer(() => (released = true));
    });
    await owned[Symbol.asyncDispose]();
    assert.equal(released, true);
  });

  it('are released once', async () => {
    const owned = new Disposables();
    let times = 0;
    owned.defer(() => (times += 1));
    await owned[Symbol.asyncDispose]();
    await owned[Symbol.asyncDispose]();
    assert.equal(times, 1);
  });
});
