import type { JsonSchema } from './jsonSchema.js';

const text: JsonSchema = { type: 'string' };
const textOrNull: JsonSchema = { type: ['string', 'null'] };

/** What a client gets as an event that asked for the names of another system; `src/dialects/` makes it. */
export const translated: JsonSchema = {
  description: 'An event in the names of another system, for who asked for them with `names`.',
  anyOf: [
    {
      title: 'names=hub',
      type: 'object',
      properties: { type: text, prd_id: textOrNull, story_id: textOrNull, timestamp: text, data: { type: 'object' } },
      required: ['type', 'prd_id', 'story_id', 'timestamp', 'data'],
      not: { required: ['source'] },
    },
    {
      title: 'names=dashboard; its first one, init, has no time',
      type: 'object',
      properties: { type: text, payload: { type: 'object' }, timestamp: { type: 'integer' } },
      required: ['type', 'payload'],
    },
    {
      title: 'names=sse: the data alone',
      type: 'object',
      properties: { timestamp: text },
      required: ['timestamp'],
      not: { required: ['type'] },
    },
  ],
};
