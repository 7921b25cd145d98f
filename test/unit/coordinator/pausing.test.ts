import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { Control } from '../../../src/coordinator/control.js';
import { Pausing } from '../../../src/coordinator/pausing.js';
import { DiskRoom } from '../../../src/journal/diskRoom.js';
import { JournalWriter } from '../../../src/journal/journalWriter.js';
import { Reserve } from '../../../src/journal/reserve.js';
import { RunJournal } from '../../../src/journal/runJournal.js';
import { deferred } from '../../../src/primitives/deferred.js';
import { RunPaths } from '../../../src/session/paths.js';
import { FakeClock } from '../../rig/fakeClock.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';

describe('A pause that waits for attempts', () => {
  const folder = useTemporaryFolder();
  let writer: JournalWriter;
  beforeEach(async () => {
    const identity = { runId: 'run_1', prdId: 'prd-1', project: 'p-1', term: 1, lastSeq: 0 };
    writer = await JournalWriter.create(new RunPaths(folder()), identity, () => true, new FakeClock());
  });
  afterEach(() => writer[Symbol.asyncDispose]());

  /** An attempt that waits in its middle, and a pause that is asked for while it works: all that happens, in its order. */
  function rig() {
    const control = new Control();
    const told: string[] = [];
    const listener = {
      onEvent: ({ type }: { readonly type: string }) => told.push(type),
      onLost: () => told.push('lost'),
    };
    const reserve = new Reserve(new RunPaths(folder()).reserve);
    const room = new DiskRoom(reserve, new FakeClock(), control.stopping, () => {});
    const pausing = new Pausing(new RunJournal(writer, undefined, listener, room), control);
    const [works, waits, skipped] = [deferred(), deferred(), new AbortController()];
    const attempt = pausing.during(async () => {
      await works.promise;
      told.push('waits');
      await pausing.aside(() => waits.promise, skipped.signal);
      told.push('goes on');
    }, skipped.signal);
    control.apply({ intent: 'pause' });
    const paused = pausing.whilePaused();
    const over = async (): Promise<void> => {
      control.apply({ intent: 'resume' });
      await Promise.all([attempt, paused]);
    };
    return { told, works, waits, skipped, over };
  }

  it('begins once those that are not through wait for something else; they go on after it', async () => {
    const { told, works, waits, over } = rig();
    works.resolve();
    await until('the pause', () => told.includes('prd.paused'));
    waits.resolve();
    await setImmediate();
    await over();
    assert.deepEqual(told, ['waits', 'prd.paused', 'prd.resumed', 'goes on']);
  });

  it('holds up none that is to end', async () => {
    const { told, works, waits, skipped, over } = rig();
    works.resolve();
    await until('the pause', () => told.includes('prd.paused'));
    waits.resolve();
    skipped.abort();
    await until('its end', () => told.includes('goes on'));
    await over();
    assert.deepEqual(told, ['waits', 'prd.paused', 'goes on', 'prd.resumed']);
  });

  it('does not begin before what does not wait is through', async () => {
    const { told, works, waits, over } = rig();
    waits.resolve();
    works.resolve();
    await until('the pause', () => told.includes('prd.paused'));
    await over();
    assert.deepEqual(told, ['waits', 'goes on', 'prd.paused', 'prd.resumed']);
  });
});
