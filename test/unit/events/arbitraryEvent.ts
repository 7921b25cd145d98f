import fc from 'fast-check';
import * as z from 'zod';
import { catalogue, type EventType } from '../../../src/events/catalogue.js';
import type { Envelope, KnownEvent } from '../../../src/events/envelope.js';

/** Every type of the catalogue. */
export const eventTypes = Object.keys(catalogue) as EventType[];

/** Small sets for the fields that events meet in; without them two events would never speak of the same thing. */
const shared: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  story_id: fc.constantFrom('US-1', 'US-2', 'US-3', '__proto__'),
  story_key: fc.constantFrom('US-1', 'US-2', 'US-3', '__proto__'),
  ac_index: fc.integer({ min: 1, max: 3 }),
  attempt: fc.integer({ min: 1, max: 3 }),
  question_id: fc.constantFrom('Q-1', 'Q-2', 'Q-3'),
  task_id: fc.constantFrom('t1', 't2'),
  gate: fc.constantFrom('test', 'lint'),
  commit_hash: fc.constantFrom('aaaaaaaaaa', 'bbbbbbbbbb'),
  total_stories: fc.nat(9),
};

/** Any JSON value, as it is after a journey: JSON has no -0. */
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

/** What a newer sender might add. */
const future = fc.record({ x_future: json }, { requiredKeys: [], noNullPrototype: true });

/** Values that a schema accepts, read off the schema itself: a new event or field is generated without being told. */
function accepted(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
  if (schema instanceof z.ZodObject) return object(schema);
  if (schema instanceof z.ZodString) return string(schema);
  if (schema instanceof z.ZodNumber) return number(schema);
  if (schema instanceof z.ZodBoolean) return fc.boolean();
  if (schema instanceof z.ZodLiteral) return fc.constantFrom(...schema.values);
  if (schema instanceof z.ZodEnum) return fc.constantFrom(...schema.options);
  if (schema instanceof z.ZodArray) return fc.array(accepted(schema.element), { maxLength: 4 });
  if (schema instanceof z.ZodUnion) return fc.oneof(...schema.options.map(accepted));
  if (schema instanceof z.ZodNullable) return fc.option(accepted(schema.unwrap()));
  if (schema instanceof z.ZodOptional) return accepted(schema.unwrap());
  if (schema instanceof z.ZodRecord) return fc.dictionary(key, accepted(schema.valueType), { noNullPrototype: true });
  if (schema instanceof z.ZodUnknown) return json;
  throw new Error(`Teach this generator the schema kind "${schema._zod.def.type}"`);
}

const key = fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__');

function object({ shape }: z.ZodObject): fc.Arbitrary<object> {
  const model = Object.fromEntries(
    Object.entries(shape).map(([field, schema]) => [field, shared[field] ?? accepted(schema as z.core.$ZodType)]),
  );
  const requiredKeys = Object.keys(shape).filter((field) => !(shape[field] instanceof z.ZodOptional));
  return fc
    .tuple(fc.record(model, { requiredKeys, noNullPrototype: true }), future)
    .map(([known, unknown]) => ({ ...known, ...unknown }));
}

function string(schema: z.ZodString): fc.Arbitrary<string> {
  const maxLength = Math.min(schema.maxLength ?? 20, 20);
  return fc
    .string({ minLength: schema.minLength ?? 0, maxLength, unit: 'grapheme' })
    .filter((text) => accepts(schema, text));
}

function accepts(schema: z.ZodType, value: unknown): boolean {
  return schema.safeParse(value).success;
}

function number(schema: z.ZodNumber): fc.Arbitrary<number> {
  const min = Math.max(schema.minValue ?? -1e6, -1e6);
  const max = Math.min(schema.maxValue ?? 1e6, 1e6);
  if (schema.format === 'safeint') return fc.integer({ min, max }).filter((value) => accepts(schema, value));
  return fc.double({ min, max, noNaN: true }).map((value) => value + 0);
}

/** Data of one type of the catalogue. */
export function arbitraryData(type: EventType): fc.Arbitrary<Record<string, unknown>> {
  return accepted(catalogue[type].data) as fc.Arbitrary<Record<string, unknown>>;
}

interface Told {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** An event of any type of the catalogue, each as likely as the others. */
export const arbitraryKnown: fc.Arbitrary<Told> = fc
  .constantFrom(...eventTypes)
  .chain((type) => fc.record({ type: fc.constant(type), data: arbitraryData(type) }, { noNullPrototype: true }));

/** An event of a version that is not this one. */
export const arbitraryUnknown: fc.Arbitrary<Told> = fc.record(
  {
    type: fc.constantFrom('story.dreamt', 'wormhole.opened.twice', 'prd.started.again'),
    data: fc.dictionary(key, json, { noNullPrototype: true }),
  },
  { noNullPrototype: true },
);

/** Who an event says it comes from and is about. */
export interface Origin {
  readonly source: string;
  readonly run_id?: string;
  readonly prd_id?: string;
}

export const ownRun: Origin = { source: 'run_one', run_id: 'run_one', prd_id: 'sample-prd-3fa2c1' };

/** So that whoever changes an event while reading it fails. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}

/** The envelope of the `seq`-th event of an origin, one second after the one before. */
export function envelope(told: Told, seq = 1, origin: Origin = ownRun): Envelope {
  return frozen({
    id: `e_${seq}`,
    project: 'sample',
    timestamp: new Date(Date.UTC(2026, 0, 1) + seq * 1000).toISOString(),
    term: 1 + Math.floor(seq / 20),
    source_seq: seq,
    ...origin,
    ...told,
  });
}

/** An envelope of a known type, with data that the compiler checks. */
export function known<T extends EventType>(
  type: T,
  data: Extract<KnownEvent, { type: T }>['data'],
  seq = 1,
  origin: Origin = ownRun,
): Envelope {
  return envelope({ type, data }, seq, origin);
}

/** What a run's journal may hold: anything, in any order. */
export const arbitraryJournal: fc.Arbitrary<Envelope[]> = fc
  .array(fc.oneof({ weight: 12, arbitrary: arbitraryKnown }, { weight: 1, arbitrary: arbitraryUnknown }), {
    maxLength: 60,
  })
  .map((told) => told.map((one, index) => envelope(one, index + 1)));
