import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { restoreHub, snapshotHub } from '../../../src/state/snapshot.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { LogRig, runEvent } from '../log/logRig.js';

const message = { type: 'log.message', data: { level: 'info', message: 'x' } };

describe('Ingest', () => {
  const folder = useTemporaryFolder();

  it('goes log → fold → bus → acknowledge, in that order', async () => {
    await using rig = await LogRig.open(folder());
    const steps: string[] = [];
    const file = path.join(rig.dir, '1-1.jsonl');
    rig.bus.subscribe('story.started', ({ id }) => {
      steps.push(readFileSync(file, 'utf8').includes(`"id":"${id}"`) ? 'on disk' : 'not on disk');
      steps.push(rig.log.memory.state.runs.get('run_a')?.stories.has('US-1') ? 'folded' : 'not folded');
      steps.push('bus');
    });
    rig.feed.follow({ deliver: () => steps.push('clients') });
    await rig.ingest.journal([runEvent('run_a', 1, { type: 'story.started', data: { story_id: 'US-1' } })]);
    steps.push('acknowledged');
    assert.deepEqual(steps, ['on disk', 'folded', 'bus', 'clients', 'acknowledged']);
  });

  it("stores each of a run's events once and in order, however often and in whatever batches they come", async () => {
    let count = 0;
    const batches = fc.array(
      fc.tuple(fc.constantFrom('run_a', 'run_b'), fc.integer({ min: 1, max: 5 }), fc.boolean()),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(batches, async (calls) => {
        await using rig = await LogRig.open(path.join(folder(), `${++count}`));
        const sent = new Map<string, number>();
        const pending: Promise<unknown>[] = [];
        for (const [run, size, waits] of calls) {
          const last = sent.get(run) ?? 0;
          // Each batch begins with what was sent before: a source that came back and does not know how far it got.
          const from = Math.max(1, last - 2);
          pending.push(
            rig.ingest.journal(
              Array.from({ length: last + size - from + 1 }, (_, index) => runEvent(run, from + index)),
            ),
          );
          sent.set(run, last + size);
          if (waits) await Promise.all(pending);
        }
        await Promise.all(pending);
        const stored = await rig.stored();
        assert.deepEqual(
          stored.map(({ seq }) => seq),
          stored.map((_, index) => index + 1),
        );
        for (const [run, last] of sent) {
          const seqs = stored.filter(({ event }) => event.source === run).map(({ event }) => event.source_seq);
          assert.deepEqual(
            seqs,
            Array.from({ length: last }, (_, index) => index + 1),
          );
        }
      }),
      { numRuns: 40 },
    );
  });

  it('tells and acknowledges nothing any more once a higher term exists, transient events included', async () => {
    await using rig = await LogRig.open(folder());
    const told: string[] = [];
    rig.feed.follow({ deliver: (entries) => told.push(...entries.map(({ event }) => event.type)) });
    const transient = { type: 'hub.stats', data: { connections: 0, total_events: 0, by_type: {} } };
    assert.ok((await rig.ingest.publish('ci', [transient])).ok);
    assert.deepEqual(told, ['hub.stats']);
    await using heir = await LogRig.open(folder());
    rig.ingest.tell([runEvent('run_a', 1, transient)]);
    assert.equal((await rig.ingest.publish('ci', [transient])).ok, false);
    assert.equal((await rig.ingest.publish('ci', [message])).ok, false);
    assert.deepEqual(told, ['hub.stats']);
    assert.ok((await heir.ingest.publish('ci', [message])).ok);
  });

  it("makes a repeat of an outsider's id harmless, in one batch, later, and not for another publisher", async () => {
    await using rig = await LogRig.open(folder());
    const mine = { ...message, id: 'mine' };
    const [first, second] = await Promise.all([
      rig.ingest.publish('ci', [mine, mine]),
      rig.ingest.publish('ci', [mine]),
    ]);
    const third = await rig.ingest.publish('ci', [mine, message]);
    const other = await rig.ingest.publish('other', [mine]);
    const at = (seq: number): string => rig.log.cursor(seq);
    assert.deepEqual(
      [first, second, third, other].map((result) => (result.ok ? result.value : result.error)),
      [[at(1), at(1)], [at(1)], [at(1), at(2)], [at(3)]],
    );
    assert.equal(rig.log.lastSeq, 3);
  });

  it("cannot be made to change a run's state by an outsider, whatever the event says", async () => {
    const claim = fc.record(
      {
        type: fc.constantFrom(
          'story.completed',
          'criterion.completed',
          'prd.completed',
          'merge.completed',
          'x.unknown',
        ),
        run_id: fc.constantFrom('run_a', 'ci', 'external', 'external:ci:sample-prd-000000'),
        prd_id: fc.constantFrom('sample-prd-000000', 'run_a'),
        source: fc.constant('run_a'),
        term: fc.constant(99),
        source_seq: fc.constant(2),
      },
      { requiredKeys: ['type'] },
    );
    const data = {
      story_id: 'US-1',
      success: true,
      status: 'completed',
      ac_index: 1,
      ac_text: 'x',
      commit_hash: 'f00',
      ref: 'x',
    };
    await using rig = await LogRig.open(folder());
    await rig.ingest.journal([runEvent('run_a', 1, { type: 'story.started', data: { story_id: 'US-1' } })]);
    const before = snapshotHub(rig.log.memory.state).runs[0];
    await fc.assert(
      fc.asyncProperty(claim, async (event) => {
        const stored = await rig.ingest.publish('ci', [{ ...event, data }]);
        assert.ok(stored.ok);
        const [last] = rig.feed.last(1);
        assert.equal(last?.event.source, 'ci');
        assert.equal(last.event.term, 0);
        assert.deepEqual(snapshotHub(rig.log.memory.state).runs[0], before);
        for (const run of rig.log.memory.state.runs.values()) assert.equal(run.external, run.id !== 'run_a');
      }),
      { numRuns: 60 },
    );
    const next = await rig.ingest.journal([runEvent('run_a', 2)]);
    assert.ok(next.ok);
    assert.equal(rig.log.memory.mark('run_a'), 2);
  });

  it('takes nothing for a journal that does not come from the run that it names', async () => {
    await using rig = await LogRig.open(folder());
    await rig.ingest.journal([runEvent('run_a', 1, { source: 'run_b' }), runEvent('ci', 1), runEvent('run_a', 1)]);
    assert.deepEqual(
      (await rig.stored()).map(({ event }) => event.source),
      ['run_a'],
    );
  });

  it("counts an outsider's events without gaps and completes what it left out", async () => {
    await using rig = await LogRig.open(folder());
    await rig.ingest.publish('ci', [{ type: 'story.started', story_id: 'US-1', data: {} }]);
    await rig.ingest.publish('ci', [
      { type: 'story.status', data: { story_key: 'US-2', old_status: 'open', new_status: 'failed' } },
    ]);
    const [one, two] = (await rig.stored()).map(({ event }) => event);
    assert.deepEqual([one?.source_seq, two?.source_seq], [1, 2]);
    assert.deepEqual([one?.story_id, one?.data['story_id'], two?.story_id], ['US-1', 'US-1', 'US-2']);
    assert.equal(one?.timestamp, '2026-01-01T00:00:00.000Z');
  });

  it('stores all events of a publication or none', async () => {
    await using rig = await LogRig.open(folder());
    const refused = await rig.ingest.publish('ci', [message, { type: 'test.run', data: { passed: -1 } }]);
    assert.ok(!refused.ok && refused.error.kind === 'invalid');
    assert.equal(refused.error.index, 1);
    assert.match(refused.error.message, /^data\./);
    assert.equal(rig.log.lastSeq, 0);
  });

  it('tells transient events without storing them', async () => {
    await using rig = await LogRig.open(folder());
    const told: unknown[] = [];
    rig.feed.follow({ deliver: (entries) => told.push(...entries.map(({ seq, event }) => [seq, event.type])) });
    const data = { story_key: 'US-1', command: 'x', task_id: 't', message: 'm' };
    const stored = await rig.ingest.publish('ci', [{ type: 'command.progress', data }, message]);
    assert.deepEqual(stored, { ok: true, value: [rig.log.cursor(1), rig.log.cursor(1)] });
    assert.deepEqual(told, [
      [1, 'log.message'],
      [undefined, 'command.progress'],
    ]);
    assert.equal((await rig.stored()).length, 1);
  });

  it('does not let a publisher pollute prototypes', async () => {
    await using rig = await LogRig.open(folder());
    const data = JSON.parse(
      '{"level":"info","message":"x","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    ) as Record<string, unknown>;
    await rig.ingest.publish('ci', [{ type: 'log.message', prd_id: '__proto__', data }]);
    restoreHub(snapshotHub(rig.log.memory.state));
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
    assert.equal(Object.getPrototypeOf(rig.feed.last(1)[0]?.event.data), Object.prototype);
  });

  it('answers what was accepted and refuses the rest when it closes', async () => {
    await using rig = await LogRig.open(folder());
    const accepted = rig.publish(2);
    await rig.ingest[Symbol.asyncDispose]();
    assert.equal((await accepted).length, 2);
    const refused = await rig.ingest.publish('ci', [message]);
    assert.equal(refused.ok ? 'ok' : refused.error.kind, 'closed');
  });
});
