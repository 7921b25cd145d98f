import { Ajv, type ValidateFunction } from 'ajv';
import type fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { arbitraryOf } from './arbitraryOf.js';
import { asyncApiFile, schemaFolder } from './documents.js';
import type { JsonSchema } from './jsonSchema.js';

export interface Reference {
  readonly $ref: string;
}

interface Message {
  readonly contentType?: string;
  readonly payload: JsonSchema;
  readonly examples?: readonly { readonly payload: unknown }[];
  readonly bindings?: { readonly http?: { readonly statusCode: number } };
}

export interface Operation {
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly messages: readonly Reference[];
  readonly reply?: { readonly messages: readonly Reference[] };
  readonly bindings?: { readonly http?: { readonly method: 'GET' | 'POST'; readonly query?: JsonSchema } };
  readonly 'x-errors'?: readonly string[] | Readonly<Record<string, number>>;
  readonly 'x-queries'?: readonly Readonly<Record<string, string>>[];
}

export interface Channel {
  readonly address: string;
  readonly parameters?: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
}

interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** The committed documents, as somebody reads them who has nothing else. */
export class Contract {
  readonly document = JSON.parse(readFileSync(asyncApiFile, 'utf8')) as AsyncApi;
  /** Formats stand beside patterns that say the same. */
  readonly #ajv = new Ajv({ strict: false, validateFormats: false });
  readonly #checks = new Map<string, ValidateFunction>();

  constructor() {
    this.#ajv.addSchema(this.document, 'asyncapi', undefined, false);
  }

  /** Operations of one channel, or of all others. */
  operations(action: Operation['action'], chosen: (channel: Channel) => boolean): [string, Operation][] {
    return Object.entries(this.document.operations).filter(
      ([, operation]) => operation.action === action && chosen(this.channel(operation.channel)),
    );
  }

  message({ $ref }: Reference): Message {
    return this.#at($ref) as Message;
  }

  channel({ $ref }: Reference): Channel {
    return this.#at($ref) as Channel;
  }

  /** Valid payloads of a message. */
  payloads(message: Reference): fc.Arbitrary<unknown> {
    return this.values(this.message(message).payload);
  }

  values(schema: JsonSchema): fc.Arbitrary<unknown> {
    return arbitraryOf(schema, (reference) => this.#at(reference) as JsonSchema);
  }

  /** Why a value is none of these messages; undefined when it is one. */
  fault(value: unknown, messages: readonly Reference[]): string | undefined {
    const faults = messages.map(({ $ref }) => this.#faultBy(`asyncapi${$ref}/payload`, value));
    if (faults.includes(undefined)) return undefined;
    return `${JSON.stringify(value).slice(0, 500)} is no ${messages.map(({ $ref }) => $ref).join(', no ')}: ${faults.join('; ')}`;
  }

  /** The same for one of the files of schemas, by its name. */
  faultByFile(name: string, value: unknown): string | undefined {
    const file = `${schemaFolder}/${name}.json`;
    if (!this.#ajv.getSchema(file)) this.#ajv.addSchema(JSON.parse(readFileSync(file, 'utf8')) as object, file);
    return this.#faultBy(file, value);
  }

  /** What a reference within the document names. */
  #at(reference: string): unknown {
    let part: unknown = this.document;
    for (const step of reference.split('/').slice(1)) part = (part as Record<string, unknown> | undefined)?.[step];
    if (part === undefined) throw new Error(`${reference} leads nowhere`);
    return part;
  }

  #faultBy(reference: string, value: unknown): string | undefined {
    const check = this.#checks.get(reference) ?? this.#ajv.compile({ $ref: reference });
    this.#checks.set(reference, check);
    return check(value) ? undefined : this.#ajv.errorsText(check.errors);
  }
}
