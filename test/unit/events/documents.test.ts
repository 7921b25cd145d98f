import { Parser } from '@asyncapi/parser';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { asyncApiFile, documents, schemaFolder } from '../../rig/documents/documents.js';
import { Contract } from '../../rig/documents/contract.js';

const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

describe('The documents for clients', () => {
  it('are what the catalogue and the frames say now (after a change: npm run docs)', () => {
    const generated = documents();
    const committed = readdirSync(schemaFolder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .map((name) => path.posix.join(schemaFolder, name.split(path.sep).join('/')));
    assert.deepEqual([asyncApiFile, ...committed].sort(), [...generated.keys()].sort());
    for (const [file, content] of generated) assert.deepEqual(read(file), JSON.parse(JSON.stringify(content)), file);
  });

  it('are AsyncAPI, as its own parser has it', async function () {
    this.timeout(60_000);
    // It writes the list of events out wherever that is referred to: once is enough, and takes a third of the time.
    const reference = '"$ref":"#/components/schemas/event"';
    const [first = '', ...rest] = JSON.stringify(read(asyncApiFile)).split(reference);
    const text = `${first}${reference}${rest.join('"$ref":"#/components/schemas/envelope"')}`;
    const { document, diagnostics } = await new Parser().parse(text);
    const serious = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
    assert.deepEqual(
      serious.map(({ path: at, message }) => `${at.join('.')}: ${message}`),
      [],
    );
    assert.ok(document);
  });

  it('have examples that are valid by their own schemas', () => {
    const contract = new Contract();
    const examined = Object.values(contract.document.operations).flatMap(({ messages }) =>
      messages.flatMap((message) => {
        const { examples = [] } = contract.message(message);
        for (const { payload } of examples) assert.equal(contract.fault(payload, [message]), undefined);
        return examples;
      }),
    );
    assert.ok(examined.length > 5);
  });
});

describe('docs/protocol.md', () => {
  const contract = new Contract();
  const page = readFileSync('docs/protocol.md', 'utf8');
  const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const spans = [...page.matchAll(/`(\{[^`]*\})`/g)].map(([, span = '']) => span);

  /** Which of the schemas a value of the page has to fit. */
  function schemaOf(value: object): string {
    if ('op' in value) return requests.has(String(value.op)) ? 'client-frame' : 'hub-frame';
    if ('code' in value) return 'error';
    if ('instance' in value) return 'hub';
    return 'id' in value ? 'envelope' : 'translated-event';
  }
  const requests = new Set(contract.operations('receive', ({ address }) => address === '/ws').map(([name]) => name));

  it('has only JSON that is valid by the schemas', () => {
    const values = blocks.flatMap((block) => {
      try {
        return [JSON.parse(block) as object];
      } catch {
        return block.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as object]));
      }
    });
    assert.ok(values.length > 3);
    for (const value of values) assert.equal(contract.faultByFile(schemaOf(value), value), undefined);
  });

  it('has frames in its text that are valid, where they are whole', () => {
    const whole = spans.filter((span) => !span.includes('…') && !/[A-Z]{4}/.test(span)).map(parsed);
    const frames = whole.filter((value) => value !== undefined && 'op' in value);
    assert.ok(frames.length > 2);
    for (const value of frames) assert.equal(contract.faultByFile(schemaOf(value), value), undefined);
  });

  it('names every operation and no error code that there is not', () => {
    const { schemas } = contract.document.components;
    const codes = schemas['error']?.properties?.['code']?.enum ?? [];
    const named = [...page.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = '']) => code);
    assert.deepEqual(
      named.filter((code) => !codes.includes(code)),
      [],
    );
    const unnamed = Object.entries(contract.document.operations).filter(([name, { channel }]) => {
      const { address } = contract.channel(channel);
      const [beginning = ''] = address.split('{');
      return address === '/ws'
        ? name !== 'tell' && !page.includes(name.replace('run.', ''))
        : !page.includes(beginning);
    });
    assert.deepEqual(unnamed, []);
  });
});

function parsed(text: string): object | undefined {
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}
