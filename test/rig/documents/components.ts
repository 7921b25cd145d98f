import { isTransient } from '../../../src/events/catalogue.js';
import { publishedEvent, toldEvent } from '../../../src/events/envelope.js';
import { errorBody, sentFrame } from '../../../src/events/frames.js';
import { eventSchema, eventTypes, jsonSchema, type JsonSchema } from './jsonSchema.js';
import { translated } from './translated.js';

const envelope = jsonSchema(toldEvent);

/** What stands once under a name, and is referred to wherever the same comes again. */
const shared: Readonly<Record<string, JsonSchema>> = {
  event: envelope,
  publishedEvent: jsonSchema(publishedEvent),
  error: jsonSchema(errorBody),
  state: jsonSchema(sentFrame.def.options[1].shape.state),
  translated,
};

/** The schemas of the AsyncAPI document, by name: shared ones, and one for each event. */
export const components: Readonly<Record<string, JsonSchema>> = {
  ...shared,
  envelope,
  // Known types are held to their data; the others are those of a newer version.
  event: {
    description: 'An event of the catalogue, or one that is not in it: those are kept and passed on.',
    oneOf: [
      ...eventTypes.map((type) => referTo(type)),
      { allOf: [referTo('envelope'), { not: { properties: { type: { type: 'string', enum: [...eventTypes] } } } }] },
    ],
  },
  ...Object.fromEntries(eventTypes.map((type) => [type, compact(eventSchema(type))])),
};

/** The schema with references to the components where it repeats them. */
export function withReferences(schema: JsonSchema): JsonSchema {
  return replace(schema) as JsonSchema;
}

function replace(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  const name = Object.keys(shared).find((one) => JSON.stringify(shared[one]) === text);
  if (name !== undefined) return referTo(name);
  if (Array.isArray(value)) return value.map(replace);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, replace(part)]));
}

function referTo(name: string): JsonSchema {
  return { $ref: `#/components/schemas/${name}` };
}

/** The envelope's fields are not said again for each event. */
function compact({ title = '', description = '', properties = {} }: JsonSchema): JsonSchema {
  const { type = {}, data = {} } = properties;
  const isTold = isTransient(title);
  const cursor: JsonSchema = isTold ? { not: { required: ['cursor'] } } : { required: ['cursor'] };
  return { title, description, allOf: [referTo('envelope'), { properties: { type, data } }, cursor] };
}
