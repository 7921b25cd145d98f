import assert from 'node:assert/strict';
import { HubClient } from '../../../src/client/hubClient.js';
import { onEventOf, Progress, subscribePrd } from '../../../src/client/progress.js';
import type { Envelope } from '../../../src/events/envelope.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { readDiscovery } from '../../../src/session/discovery.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig } from '../hub/hubRig.js';

describe('The typed functions of the client', () => {
  const folder = useTemporaryFolder();

  it('tell of a run outside, which the hub shows as external, story by story', async () => {
    await using rig = await HubRig.start(folder());
    const find = (): ReturnType<typeof readDiscovery> => readDiscovery(rig.user);
    await using client = new HubClient({ find, clock: systemClock, logger: silentLogger, publisher: 'ci' });
    const ofPrd: Envelope[] = [];
    const counts: [number, number][] = [];
    subscribePrd(client, 'P-1', (event) => ofPrd.push(event), `${rig.hub.logId}:0`);
    onEventOf(client, 'test.run', ({ data }) => counts.push([data.passed, data.failed]), { prd: 'P-1' });
    client.start();
    await until('the connection', () => client.state.kind === 'open');

    const progress = new Progress(client);
    const answers = [
      await progress.prdStarted('P-1', 2),
      await progress.storyStarted('P-1', 'US-1', { title: 'One' }),
      await progress.testRun('P-1', 'US-1', 3, 1),
      await progress.testRun('P-2', 'US-1', 9, 9),
      await progress.criterionCompleted('P-1', 'US-1', 1, 'It works'),
      await progress.criterionFailed('P-1', 'US-1', 2, 'It is quick', 'It is not'),
      await progress.commitCreated('P-1', 'US-1', 'abc1234'),
      await progress.storyCompleted('P-1', 'US-1', true),
      await progress.errorOccurred('P-1', 'US-2', 'No agent'),
      await progress.errorOccurred('P-1', undefined, 'No disk'),
      await progress.storyCompleted('P-1', 'US-2', false),
      await progress.prdCompleted('P-1', false),
      await progress.emit('log.message', { level: 'info', message: 'over' }, { prd_id: 'P-1' }),
    ];
    assert.deepEqual(
      answers.filter((answer) => !answer.ok),
      [],
    );
    await until('all of them', () => ofPrd.length === answers.length - 1 && counts.length === 1);
    assert.deepEqual(counts, [[3, 1]]);
    assert.deepEqual(ofPrd.map(({ type, story_id: story, data }) => [type, story, data['story_id']]).slice(0, 3), [
      ['prd.started', undefined, undefined],
      ['story.started', 'US-1', 'US-1'],
      ['test.run', 'US-1', 'US-1'],
    ]);
    assert.deepEqual(ofPrd[2]?.data, { story_id: 'US-1', passed: 3, failed: 1, total: 4 });

    const run = rig.hub.state.runs.get('external:ci:P-1');
    assert.equal(run?.external, true);
    assert.equal(run.status, 'failed');
    assert.deepEqual(
      [...run.stories.values()].map(({ id, title, status }) => [id, title, status]),
      [
        ['US-1', 'One', 'completed'],
        ['US-2', 'US-2', 'failed'],
      ],
    );
  });
});
