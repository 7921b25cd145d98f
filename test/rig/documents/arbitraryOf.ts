import fc from 'fast-check';
import { jsonFault } from '../../../src/hub/jsonLimits.js';
import type { JsonSchema } from './jsonSchema.js';

/** Without what the hub refuses although it is JSON, see jsonLimits.ts. */
const anyValue = fc.jsonValue({ maxDepth: 1 }).filter((value) => jsonFault(JSON.stringify(value)) === undefined);

/** Values that are valid by the schema; `resolve` answers what a reference names. For what {@link JsonSchema} can say. */
export function arbitraryOf(schema: JsonSchema, resolve: (reference: string) => JsonSchema): fc.Arbitrary<unknown> {
  const of = (part: JsonSchema): fc.Arbitrary<unknown> => arbitraryOf(part, resolve);
  if (schema.$ref !== undefined) return of(resolve(schema.$ref));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...choices.map(of));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => of({ ...schema, type })));
  switch (schema.type) {
    case 'string':
      return text(schema);
    case 'integer':
      return fc.integer({ min: lowest(schema, 1), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number':
      return fc.double({ min: lowest(schema, Number.MIN_VALUE), max: schema.maximum ?? 1e6, noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(of(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 3, 3),
      });
    case 'object':
      return record(schema, of);
    case undefined:
      return anyValue;
    default:
      throw new Error(`Values of type "${schema.type}" cannot be made yet`);
  }
}

function lowest({ minimum, exclusiveMinimum }: JsonSchema, step: number): number {
  return Math.max(minimum ?? -1e6, exclusiveMinimum === undefined ? -1e6 : exclusiveMinimum + step);
}

function text({ pattern, minLength = 0, maxLength = 64 }: JsonSchema): fc.Arbitrary<string> {
  if (pattern === undefined) return fc.string({ minLength, maxLength: Math.min(maxLength, 64) });
  // Looking ahead is for refusing, not for making.
  const makes = new RegExp(pattern.replaceAll(/\(\?![^()]*\)/g, ''), 'u');
  return fc
    .stringMatching(makes, { maxLength: Math.min(maxLength, 64) })
    .filter((made) => made.length >= minLength && made.length <= maxLength && new RegExp(pattern, 'u').test(made));
}

function record(schema: JsonSchema, of: (part: JsonSchema) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema;
  const entries = Object.entries(properties).map(([name, part]): [string, fc.Arbitrary<unknown>] => [name, of(part)]);
  const named = fc.record(Object.fromEntries(entries), { requiredKeys: required });
  if (entries.length > 0 || additionalProperties === undefined || additionalProperties === false) return named;
  const value = additionalProperties === true ? anyValue : of(additionalProperties);
  const names = propertyNames ? text(propertyNames) : fc.string({ maxLength: 16 });
  return fc.dictionary(
    names.filter((key) => key !== '__proto__'),
    value,
    { maxKeys: 3 },
  );
}
