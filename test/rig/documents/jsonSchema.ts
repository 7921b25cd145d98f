import * as z from 'zod';
import { catalogue, isTransient, type EventType } from '../../../src/events/catalogue.js';
import { toldEvent } from '../../../src/events/envelope.js';

/** As much of JSON Schema (draft 7, which AsyncAPI takes too) as comes out of our zod schemas. */
export interface JsonSchema {
  $schema?: string;
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  allOf?: JsonSchema[];
  not?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  propertyNames?: JsonSchema;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** What is accepted and may be sent: objects are open, because fields that one does not know are passed over. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input' });
  if ($schema === undefined) throw new Error('Not a JSON Schema');
  return rest as JsonSchema;
}

export const eventTypes = Object.keys(catalogue) as EventType[];

/** An event as the hub tells it. */
export function eventSchema(type: EventType): JsonSchema {
  const { doc, data } = catalogue[type];
  const ofType = toldEvent.extend({ type: z.literal(type), data });
  // Whoever has an event with a cursor can resume there.
  const schema = jsonSchema(isTransient(type) ? ofType.omit({ cursor: true }) : ofType.required({ cursor: true }));
  return { title: type, description: doc, ...schema };
}
