import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import * as z from 'zod';
import { catalogue } from '../../../src/events/catalogue.js';
import { publishedEvent } from '../../../src/events/envelope.js';
import { clientFrame } from '../../../src/events/frames.js';
import { PROTOCOL_VERSION } from '../../../src/events/version.js';

const golden = 'test/unit/catalogue.golden.json';

/** What clients of this version send and read, as JSON Schema. */
function wire(): unknown {
  const events = Object.entries(catalogue).map(([type, { since, durability, data }]) => [
    type,
    { since, durability, data: bare(data) },
  ]);
  return {
    protocol: PROTOCOL_VERSION,
    published_event: bare(publishedEvent),
    client_frame: bare(clientFrame),
    events: Object.fromEntries(events) as unknown,
  };
}

function bare(schema: z.ZodType): unknown {
  const document = z.toJSONSchema(schema, { io: 'input' });
  delete document.$schema;
  return document;
}

describe('The wire', () => {
  it(`is what ${golden} says (after a change that old clients survive: UPDATE_GOLDEN=1)`, async () => {
    if (process.env['UPDATE_GOLDEN']) {
      const text = await format(JSON.stringify(wire()), { ...(await resolveConfig(golden)), filepath: golden });
      writeFileSync(golden, text);
    }
    assert.deepEqual(wire(), JSON.parse(readFileSync(golden, 'utf8')));
  });
});
