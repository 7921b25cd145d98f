import { publishedEvent, toldEvent } from '../../../src/events/envelope.js';
import { clientFrame, errorBody, ticketAnswer } from '../../../src/events/frames.js';
import { discoverySchema } from '../../../src/session/discovery.js';
import { asyncApi } from './asyncApi.js';
import { hubFrames } from './clientOperations.js';
import { eventSchema, eventTypes, jsonSchema, type JsonSchema } from './jsonSchema.js';
import { translated } from './translated.js';

export const asyncApiFile = 'docs/asyncapi.json';
export const schemaFolder = 'docs/schemas';

/** Every generated document, by its path. */
export function documents(): ReadonlyMap<string, object> {
  const schemas: Readonly<Record<string, JsonSchema>> = {
    envelope: { title: 'An event as the hub tells it', ...jsonSchema(toldEvent) },
    'published-event': { title: 'An event as a client may send it', ...jsonSchema(publishedEvent) },
    'client-frame': { title: 'A request over WebSocket', ...jsonSchema(clientFrame) },
    'hub-frame': { title: 'What the hub sends over WebSocket', oneOf: [...hubFrames.values()] },
    'translated-event': { title: 'An event in the names of another system', ...translated },
    error: { title: 'The body of a refusal over HTTP', ...jsonSchema(errorBody) },
    'ticket-answer': { title: 'What POST /api/tickets answers', ...jsonSchema(ticketAnswer) },
    hub: { title: 'The discovery file hub.json', ...jsonSchema(discoverySchema) },
    ...Object.fromEntries(eventTypes.map((type) => [`events/${type}`, eventSchema(type)])),
  };
  return new Map<string, object>([
    [asyncApiFile, asyncApi()],
    ...Object.entries(schemas).map(([name, schema]): [string, object] => [
      `${schemaFolder}/${name}.json`,
      { $schema: 'http://json-schema.org/draft-07/schema#', ...schema },
    ]),
  ]);
}
