// Follows what Storyloop does, over server-sent events, with Node and nothing else. Goes on after the last cursor when
// the hub goes.
//
//     node watch.mjs [CURSOR]        begins after CURSOR, else at the present
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';

const home = process.env.STORYLOOP_HOME || path.join(os.homedir(), '.storyloop');
let cursor = process.argv[2];

for (;;) {
  try {
    await follow();
  } catch (error) {
    console.error(`no connection: ${error.cause?.message ?? error.message}`);
  }
  await after(500);
}

/** Prints the events of one connection. */
async function follow() {
  // Read each time: another hub may have taken over, on another port.
  const { host, port, token } = JSON.parse(await readFile(path.join(home, 'hub', 'hub.json'), 'utf8'));
  const response = await fetch(`http://${host}:${port}/stream/progress`, {
    headers: { Authorization: `Bearer ${token}`, ...(cursor && { 'Last-Event-ID': cursor }) },
  });
  if (!response.ok) throw new Error(`the hub answered ${response.status}`);
  let text = '';
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + piece).split('\n\n');
    text = blocks.pop();
    for (const block of blocks) tell(block);
  }
}

function tell(block) {
  const fields = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = value;
  }
  if (fields.event === 'reset') console.error(`events after ${cursor} are lost, going on after ${fields.id}`);
  else if (fields.data) console.log(fields.data);
  if (fields.id) cursor = fields.id;
}
