import assert from 'node:assert/strict';
import fc from 'fast-check';
import { routes } from '../../../src/hub/httpRoutes.js';
import { Contract, type Channel, type Operation, type Reference } from '../../rig/documents/contract.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';
import { until } from '../../rig/waiting.js';
import { HubRig, type TestSocket } from './hubRig.js';

type Json = Record<string, unknown>;

const isFrames = ({ address }: { readonly address: string }): boolean => address === '/ws';
const isStream = ({ address }: { readonly address: string }): boolean => address === '/stream/progress';

/** The documents say what may be sent and what comes back; this drives a running hub with nothing else. */
describe('The running hub', () => {
  const folder = useTemporaryFolder();
  const contract = new Contract();
  const samples = (values: fc.Arbitrary<unknown>, count: number): Json[] => fc.sample(values, count) as Json[];

  /** Every frame that the hub sent: by the documents, and as an answer of the operation that asked. */
  function checkFrames(socket: TestSocket, operations: ReadonlyMap<unknown, Operation>): void {
    const unasked = contract.operations('send', isFrames).flatMap(([, { messages }]) => messages);
    for (const frame of socket.frames) {
      const isAnswer = ['ok', 'pong', 'error'].includes(frame.op);
      const messages = isAnswer ? (operations.get(frame['id'])?.reply?.messages ?? []) : unasked;
      assert.equal(contract.fault(frame, messages), undefined);
    }
  }

  it('answers every request that its schema allows, over WebSocket, by the documents', async () => {
    await using rig = await HubRig.start(folder());
    const asked = new Map<unknown, Operation>();
    for (const [name, operation] of contract.operations('receive', isFrames)) {
      const [message] = operation.messages;
      assert.ok(message);
      // A client may have so many subscriptions, and each gets each event.
      const socket = await rig.connect();
      const mine = new Map<unknown, Operation>();
      const requests = samples(contract.payloads(message), 8).map((sample, n) => ({ ...sample, id: `${name} ${n}` }));
      const answers = requests.map(async (request) => {
        assert.equal(contract.fault(request, [message]), undefined);
        mine.set(request.id, operation);
        const answer = await socket.ask(request);
        if (answer.op === 'error') assertListed(operation, String(answer['code']), JSON.stringify([request, answer]));
      });
      await Promise.all(answers);
      checkFrames(socket, mine);
      for (const [id] of mine) asked.set(id, operation);
      socket.webSocket.terminate();
    }
    assert.ok(asked.size > 50);
  });

  function assertListed(operation: Operation, code: string, said: string): void {
    const { 'x-errors': errors = [] } = operation;
    const listed = Array.isArray(errors) ? (errors as string[]) : Object.keys(errors);
    assert.ok(listed.includes(code), said);
    assert.notEqual(code, 'INVALID_FRAME', said);
    assert.notEqual(code, 'INTERNAL', said);
  }

  it('takes every event of the catalogue, and tells it as its schema says: in frames, streams and pages', async () => {
    await using rig = await HubRig.start(folder());
    const stream = await rig.stream();
    const socket = await rig.connect();
    const { schemas } = contract.document.components;
    const types = Object.keys(schemas).filter((name) => name.includes('.'));
    const events = types.flatMap((type) => {
      const { data = {} } = schemas[type]?.allOf?.[1]?.properties ?? {};
      return samples(contract.values(data), 2).map((one) => ({ type, prd_id: 'nightly', data: one }));
    });
    const answer = await socket.ask({ op: 'publish', id: 1, events });
    assert.equal(answer.op, 'ok', JSON.stringify(answer));
    const publish = contract.operations('receive', isFrames).filter(([name]) => name === 'publish');
    await until('all events', () => socket.frames.filter(({ op }) => op === 'event').length >= events.length);
    checkFrames(socket, new Map(publish.map(([, operation]) => [1, operation])));
    for (const { event } of socket.frames as unknown as { event?: { type: string } }[]) {
      if (event) assert.equal(contract.faultByFile(`events/${event.type}`, event), undefined);
    }
    await until('all events on the stream', () => stream.events.length >= events.length);
    const [, { messages } = { messages: [] }] = contract.operations('send', isStream)[0] ?? [];
    for (const { event, data } of stream.events) {
      const told = JSON.parse(data) as { type: string };
      assert.equal(contract.fault(told, messages.slice(0, 1)), undefined);
      assert.equal(event, told.type);
    }
    stream.response.destroy();
    const reset = await rig.stream('/stream/progress?since=0000:1');
    const [gone] = await until('the reset', () => reset.events.length > 0 && reset.events);
    assert.ok(gone);
    assert.equal(gone.event, 'reset');
    assert.equal(contract.fault(JSON.parse(gone.data), messages.slice(1, 2)), undefined);
    reset.response.destroy();
  });

  it('answers every HTTP operation as the documents say, well at least once and ill by its list', async () => {
    await using rig = await HubRig.start(folder());
    await rig.emit({ type: 'story.started', prd_id: 'nightly', data: { story_id: 'links' } });
    for (const [name, operation] of contract.operations('receive', (one) => !isFrames(one))) {
      const { address, parameters = {} } = contract.channel(operation.channel);
      const { method = 'GET' } = operation.bindings?.http ?? {};
      const [request, answer, refusal] = [...operation.messages, ...(operation.reply?.messages ?? [])];
      assert.ok(request && answer && refusal);
      const { examples = [] } = contract.message(request);
      const bodies = method === 'GET' ? [undefined] : [...examples.map(({ payload }) => payload)];
      if (method === 'POST') bodies.push(...samples(contract.payloads(request), 5));
      const queries = [{}, ...(operation['x-queries'] ?? []), ...sampledQueries(operation)];
      const statuses: number[] = [];
      for (const body of bodies) {
        for (const query of body === bodies[0] ? queries : [{}]) {
          const target = `${filled(address, parameters)}?${new URLSearchParams(query).toString()}`;
          const options = body === undefined ? {} : { body: JSON.stringify(body) };
          const told = await rig.http(target, { method, ...options });
          const isWell: boolean = told.status === statusOf(answer);
          const { contentType } = contract.message(answer);
          const isText = isWell && contentType !== 'application/json';
          const content = (isText ? told.body : JSON.parse(told.body)) as { code: string };
          assert.equal(contract.fault(content, [isWell ? answer : refusal]), undefined, target);
          const errors = operation['x-errors'] as Record<string, number>;
          if (!isWell) assert.equal(errors[content.code], told.status, `${target} ${told.body}`);
          statuses.push(told.status);
        }
      }
      // Nobody executes a run here; what a run answers is shown in hub.test.ts.
      if (name !== 'askRun')
        assert.ok(
          statuses.some((status) => status < 300),
          name,
        );
    }
  });

  it('has no route that the documents do not know', () => {
    const described = Object.values(contract.document.operations).map(({ channel, bindings }) => {
      const { address } = contract.channel(channel);
      return `${bindings?.http?.method ?? ''} ${address}`;
    });
    const served = Object.entries(routes).map(([path, { method }]) => `${method} ${path}`);
    assert.deepEqual(
      served.filter((one) => !described.includes(one)),
      [],
    );
  });

  function statusOf(message: Reference): number | undefined {
    return contract.message(message).bindings?.http?.statusCode;
  }

  function sampledQueries({ bindings }: Operation): Record<string, string>[] {
    const query = bindings?.http?.query;
    return query ? (samples(contract.values(query), 6) as Record<string, string>[]) : [];
  }

  function filled(address: string, parameters: Exclude<Channel['parameters'], undefined>): string {
    return address.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name]?.enum?.[0] ?? 'run_0mi9abcde');
  }
});
