import assert from 'node:assert/strict';
import { Feed, type FeedEntry } from '../../../src/hub/feed.js';
import type { HubCore } from '../../../src/hub/hubCore.js';
import { serveSubscription } from '../../../src/hub/serveSubscription.js';
import { Subscription } from '../../../src/hub/subscription.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { runEvent } from '../log/logRig.js';

const entry = (seq: number): FeedEntry => ({ seq, event: runEvent('run_a', seq), json: Buffer.alloc(10) });

describe('A subscription whose history is damaged', () => {
  for (const rate of [undefined, 10]) {
    it(`says so once and goes on from where it is put, ${rate === undefined ? 'live' : 'at its rate'}`, async () => {
      const lines: string[] = [];
      const feed = new Feed(50, [entry(50)], silentLogger);
      const damaged = {
        isCurrent: () => true,
        read: () => {
          throw new Error('a hole');
        },
      };
      const core = {
        log: damaged as unknown as HubCore['log'],
        feed,
        clock: new FakeClock(),
        logger: { ...silentLogger, error: (line: string) => lines.push(line) },
      } as Partial<HubCore> as HubCore;
      const subscription = new Subscription('s1', {}, 1);
      const told: (number | undefined)[] = [];
      const live = feed.follow({
        deliver: (entries) => {
          if (subscription.live) told.push(...entries.filter((one) => subscription.take(one)).map(({ seq }) => seq));
        },
      });
      serveSubscription(core, subscription, {
        rate,
        send: (entries) => {
          told.push(...entries.map(({ seq }) => seq));
          return Promise.resolve();
        },
        lose: () => {
          subscription.next = feed.position + 1;
        },
      });
      await new Promise(setImmediate);
      feed.publish([entry(51), entry(52)]);
      await new Promise(setImmediate);
      assert.deepEqual(told, [51, 52]);
      assert.deepEqual(lines, ['The log cannot be read: a hole']);
      subscription.end();
      live[Symbol.dispose]();
    });
  }
});
