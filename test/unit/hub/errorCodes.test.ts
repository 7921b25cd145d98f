import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Contract } from '../../rig/documents/contract.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, startJournal, TestSocket, type HttpAnswer } from './hubRig.js';

type Refusal = Record<string, unknown>;

/** What cannot be brought about from outside alone, and who shows it. */
const notProvoked: Readonly<Record<string, string>> = {
  INSUFFICIENT_STORAGE: 'a full disk: test/e2e/fullDisk.test.ts',
  UNAVAILABLE: 'a hub that is outlawed or stops: test/e2e/handover.test.ts',
  INTERNAL: 'a fault of ours',
};

describe('Every error code of the documents', () => {
  const folder = useTemporaryFolder();
  const contract = new Contract();
  const codes = contract.document.components.schemas['error']?.properties?.['code']?.enum as string[];

  it('is provoked or named as one that is not, and comes as its schema says', async () => {
    await using rig = await HubRig.start(folder());
    await using live = await startJournal(folder(), rig.user, 'run_live');
    await live.journal.append('prd.started', { status: 'running', total_stories: 1 });
    await until('the run to be known', () => rig.hub.state.runs.has('run_live'));
    const told: [string, Refusal][] = [...(await overWebSocket(rig)), ...(await overHttp(rig))];
    const run = rig.hub.state.runs.get('run_live');
    assert.ok(run);
    const { project } = run;
    Object.assign(run, { project: 'gone-000000' });
    told.push(['PROJECT_NOT_FOUND', json(await rig.http('/api/runs/run_live/pause', { method: 'POST', body: '{}' }))]);
    Object.assign(run, { project });
    await live.journal.append('prd.completed', { success: true, status: 'completed' });
    await until('the run to be over', () => rig.hub.state.runs.get('run_live')?.status === 'completed');
    told.push(['NOT_EXECUTED', json(await rig.http('/api/runs/run_live/pause', { method: 'POST', body: '{}' }))]);
    // Who guesses is throttled: last, as it would change the others.
    const guess = (): Promise<HttpAnswer> => rig.http('/api/state', { anonymous: true });
    const guesses = await Promise.all(Array.from({ length: 40 }, guess));
    told.push(['RATE_LIMITED', json(guesses.at(-1))]);
    for (const [code, refusal] of told) assert.equal(refusal['code'], code, JSON.stringify(refusal));
    assert.deepEqual([...new Set(told.map(([code]) => code)), ...Object.keys(notProvoked)].sort(), codes.toSorted());
  });

  async function overWebSocket(rig: HubRig): Promise<[string, Refusal][]> {
    const socket = await rig.connect();
    socket.webSocket.send('{');
    const requests: [string, Record<string, unknown>][] = [
      ['INVALID_FRAME', { op: 'dance' }],
      ['INVALID_EVENT', { op: 'publish', events: [{ type: 'test.run', data: {} }] }],
      ['INVALID_PATTERN', { op: 'subscribe', types: ['story.**'] }],
      ['INVALID_CURSOR', { op: 'subscribe', since: 'yesterday' }],
      ['UNKNOWN_RUN', { op: 'run.pause', run_id: 'run_nowhere' }],
      ['NOT_POSSIBLE', { op: 'run.retry', run_id: 'run_live', story_id: 'US-1' }],
      [
        'UNKNOWN_CLIENT',
        { op: 'send', client_id: 'c_77', event: { type: 'log.message', data: { level: 'info', message: 'x' } } },
      ],
      ['UNKNOWN_SUBSCRIPTION', { op: 'unsubscribe', subscription: 's77' }],
    ];
    const answers: [string, Refusal][] = [['INVALID_JSON', await socket.frame('error')]];
    for (const [index, [code, request]] of requests.entries()) {
      answers.push([code, await socket.ask({ ...request, id: index })]);
    }
    answers.push(['FORBIDDEN', await asBrowser(rig)]);
    for (const [, frame] of answers) assert.equal(contract.faultByFile('hub-frame', frame), undefined);
    return answers;
  }

  async function overHttp(rig: HubRig): Promise<[string, Refusal][]> {
    const answers: [string, HttpAnswer][] = [
      ['NOT_FOUND', await rig.http('/nowhere')],
      ['INVALID_PATH', await rig.http('*')],
      ['METHOD_NOT_ALLOWED', await rig.http('/emit')],
      ['FORBIDDEN_HOST', await rig.http('/api/state', { headers: { Host: 'elsewhere.example' } })],
      ['FORBIDDEN_ORIGIN', await rig.http('/api/state', { headers: { Origin: 'http://elsewhere.example' } })],
      ['UNAUTHORIZED', await rig.http('/api/state', { anonymous: true })],
      ['TOO_LARGE', await rig.emit({ type: 'log.message', data: { message: 'x'.repeat(1_100_000) } })],
      ['UNSUPPORTED_MEDIA_TYPE', await rig.emit({}, { headers: { 'Content-Type': 'text/plain' } })],
    ];
    return answers.map(([code, answer]) => [code, json(answer)]);
  }

  /** A page looks and steers, and publishes nothing. */
  async function asBrowser(rig: HubRig): Promise<Refusal> {
    const { url } = JSON.parse((await rig.http('/api/tickets', { method: 'POST', body: '{}' })).body) as {
      url: string;
    };
    const { search } = new URL(url);
    const entrance = await rig.http(`/${search}`, { anonymous: true, headers: { 'Sec-Fetch-Site': 'none' } });
    const [Cookie = ''] = entrance.headers['set-cookie']?.[0]?.split(';') ?? [];
    const [, key = ''] = /#key=([\w-]+)/.exec(entrance.body) ?? [];
    const headers = { Cookie, Origin: `http://${rig.authority}` };
    const protocols = ['storyloop.v1', `storyloop.page.${key}`];
    const socket = new TestSocket(rig.socket('/ws', { anonymous: true }, protocols, { headers }));
    await socket.frame('init');
    const refusal = await socket.ask({ op: 'publish', id: 1, events: [{ type: 'deploy.done' }] });
    socket.webSocket.close();
    await once(socket.webSocket, 'close');
    return refusal;
  }

  function json(answer: HttpAnswer | undefined): Refusal {
    const body = JSON.parse(answer?.body ?? '') as Refusal;
    assert.equal(contract.faultByFile('error', body), undefined);
    return body;
  }
});
