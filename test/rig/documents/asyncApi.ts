import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../../src/events/version.js';
import { clientOperations, frameErrors, hubFrames } from './clientOperations.js';
import { components, withReferences } from './components.js';
import { gateErrors, httpOperations, streamQuery, wishQuery, type HttpOperation } from './httpOperations.js';
import { jsonSchema, type JsonSchema } from './jsonSchema.js';
import { translated } from './translated.js';

interface Message {
  name: string;
  summary?: string;
  contentType: string;
  payload: JsonSchema;
  bindings?: object;
  examples?: { payload: object }[];
}

const json = 'application/json';
const httpBinding = '0.3.0';
const webSocket = '#/channels/ws';
const answers = ['ok', 'pong', 'error'];
const wish = jsonSchema(wishQuery);

/** The hub as AsyncAPI 3 describes it: it receives requests and sends events. */
export function asyncApi(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Storyloop hub',
      version: `${PROTOCOL_VERSION}.0.0`,
      description:
        'Live events of PRD runs, over WebSocket, server-sent events and HTTP, on one port of the loopback interface. ' +
        'Generated from the catalogue of events; docs/protocol.md explains it to people.',
      license: { name: 'MIT' },
    },
    defaultContentType: json,
    servers: {
      webSocket: server('ws', ['bearer', 'subprotocol']),
      http: server('http', ['bearer']),
    },
    channels: {
      ws: {
        address: '/ws',
        title: 'Frames over WebSocket',
        description: `JSON text frames, subprotocol ${SUBPROTOCOL}. Also at "/". After connecting come connected and init. With names=dashboard there are no frames, but events as that dashboard knows them.`,
        servers: [{ $ref: '#/servers/webSocket' }],
        bindings: {
          ws: {
            method: 'GET',
            query: { ...wish, properties: { ...wish.properties, publisher: publisherProperty() } },
            bindingVersion: '0.1.0',
          },
        },
        messages: {
          ...Object.fromEntries(clientOperations.map((one) => [one.op, requestMessage(one)])),
          ...Object.fromEntries([...hubFrames].map(([op, schema]) => [op, message(op, schema)])),
          translated: message('translated', translated),
        },
      },
      progress: {
        address: '/stream/progress',
        title: 'Server-sent events',
        description:
          'Each event has its type as event, its cursor as id and the envelope as data. Last-Event-ID, or since, resumes. ' +
          'With names, type and data are those of another system.',
        servers: [{ $ref: '#/servers/http' }],
        messages: {
          event: { ...message('event', { $ref: '#/components/schemas/event' }), bindings: statusOf(200) },
          reset: { ...message('reset', resetData()), bindings: statusOf(200) },
          error: errorMessage(),
          translated: { ...message('translated', translated), bindings: statusOf(200) },
        },
      },
      ...Object.fromEntries(httpOperations.map((one) => [one.id, httpChannel(one)])),
    },
    operations: {
      ...Object.fromEntries(clientOperations.map((one) => [one.op, requestOperation(one)])),
      tell: {
        action: 'send',
        summary: 'What the hub says unasked: its greeting, events, and openly that some cannot be had.',
        channel: { $ref: webSocket },
        messages: [...hubFrames.keys(), 'translated']
          .filter((op) => !answers.includes(op))
          .map((op) => messageOf('ws', op)),
      },
      stream: {
        action: 'send',
        summary: 'The same events for who asks over HTTP.',
        channel: { $ref: '#/channels/progress' },
        messages: ['event', 'reset', 'error', 'translated'].map((name) => messageOf('progress', name)),
        bindings: { http: { method: 'GET', query: jsonSchema(streamQuery), bindingVersion: httpBinding } },
        'x-errors': { ...gateErrors, INVALID_PATTERN: 400, INVALID_FRAME: 400 },
      },
      ...Object.fromEntries(httpOperations.map((one) => [one.id, httpOperation(one)])),
    },
    components: {
      schemas: components,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'The token of hub.json.' },
        subprotocol: {
          type: 'httpApiKey',
          in: 'header',
          name: 'Sec-WebSocket-Protocol',
          description: `Where no header can be set: offer ${SUBPROTOCOL} and storyloop.auth.<token>.`,
        },
      },
    },
  };
}

function server(protocol: 'ws' | 'http', security: readonly string[]): object {
  return {
    host: '127.0.0.1:{port}',
    protocol,
    description: 'Only this machine may connect. hub.json names the port and the token.',
    variables: { port: { default: '18790', description: 'Another one when that is taken.' } },
    security: security.map((name) => ({ $ref: `#/components/securitySchemes/${name}` })),
  };
}

function publisherProperty(): JsonSchema {
  const emit = httpOperations.find(({ id }) => id === 'emit');
  return (emit?.query && jsonSchema(emit.query).properties?.['publisher']) ?? {};
}

function resetData(): JsonSchema {
  const { properties: { reason = {}, cursor = {}, state = {} } = {} } = hubFrames.get('reset') ?? {};
  return { type: 'object', properties: { reason, cursor, state }, required: ['reason', 'cursor', 'state'] };
}

function message(name: string, schema: JsonSchema): Message {
  return { name, contentType: json, payload: withReferences(schema) };
}

function requestMessage({ op, summary, schema, examples }: (typeof clientOperations)[number]): Message {
  return { ...message(op, schema), summary, examples: examples.map((payload) => ({ payload })) };
}

function requestOperation({ op, summary, answer, errors }: (typeof clientOperations)[number]): object {
  return {
    action: 'receive',
    summary,
    channel: { $ref: webSocket },
    messages: [messageOf('ws', op)],
    reply: { channel: { $ref: webSocket }, messages: [messageOf('ws', answer), messageOf('ws', 'error')] },
    'x-errors': [...frameErrors, ...errors],
  };
}

function httpChannel({ id, path, parameters, body, answer, summary, examples }: HttpOperation): object {
  return {
    address: path,
    title: summary,
    servers: [{ $ref: '#/servers/http' }],
    ...(parameters ? { parameters } : {}),
    messages: {
      request: {
        ...message(`${id}.request`, body ? jsonSchema(body) : { type: 'null' }),
        ...(examples?.body ? { examples: examples.body.map((payload) => ({ payload })) } : {}),
      },
      answer: {
        ...message(`${id}.answer`, jsonSchema(answer.body)),
        ...(answer.contentType ? { contentType: answer.contentType } : {}),
        bindings: statusOf(answer.status),
      },
      error: errorMessage(),
    },
  };
}

function httpOperation({ id, method, summary, query, errors, examples }: HttpOperation): object {
  return {
    action: 'receive',
    summary,
    channel: { $ref: `#/channels/${id}` },
    messages: [messageOf(id, 'request')],
    bindings: { http: { method, ...(query ? { query: jsonSchema(query) } : {}), bindingVersion: httpBinding } },
    reply: { channel: { $ref: `#/channels/${id}` }, messages: [messageOf(id, 'answer'), messageOf(id, 'error')] },
    'x-errors': { ...gateErrors, ...errors },
    ...(examples?.query ? { 'x-queries': examples.query } : {}),
  };
}

function errorMessage(): Message {
  return message('error', { $ref: '#/components/schemas/error' });
}

function statusOf(statusCode: number): object {
  return { http: { statusCode, bindingVersion: httpBinding } };
}

function messageOf(channel: string, name: string): JsonSchema {
  return { $ref: `#/channels/${channel}/messages/${name}` };
}
