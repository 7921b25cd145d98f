import * as z from 'zod';

/** What is said of an event besides its name. */
export interface EventDefinition<Data extends z.ZodType> {
  readonly doc: string;
  /** Protocol version that introduced it. */
  readonly since: number;
  /** Durable events have a cursor and are replayed; transient ones are told once, to whoever listens. */
  readonly durability: 'durable' | 'transient';
  readonly data: Data;
}

export function durable<Shape extends z.ZodRawShape>(doc: string, shape: Shape) {
  return { doc, since: 1, durability: 'durable', data: z.looseObject(shape) } satisfies EventDefinition<z.ZodType>;
}

export function transient<Shape extends z.ZodRawShape>(doc: string, shape: Shape) {
  return { doc, since: 1, durability: 'transient', data: z.looseObject(shape) } satisfies EventDefinition<z.ZodType>;
}
