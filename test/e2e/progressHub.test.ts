import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { useTemporaryFolder } from '../rig/temporaryFolder.js';
import { until } from '../rig/waiting.js';
import { findPythonWithSocketIo, SOCKETIO_HINT } from '../setup/python.mjs';
import { HubRig } from '../unit/hub/hubRig.js';

const functions = path.resolve('examples/clients/emit_progress.sh');
const about = { prd_id: 'PRD-001', story_id: 'US-1' };
const story_id = 'US-1';

/** Every function of the progress hub's shell file, in its order of arguments, and the event that it makes. */
const calls = [
  [
    'emit_prd_started PRD-001 3',
    { prd_id: 'PRD-001', story_id: null },
    'prd.started',
    { status: 'running', total_stories: 3 },
  ],
  ['emit_story_started PRD-001 US-1', about, 'story.started', { story_id, status: 'in_progress' }],
  ['emit_test_run PRD-001 US-1 3 1', about, 'test.run', { story_id, passed: 3, failed: 1, total: 4 }],
  ['emit_commit_created PRD-001 US-1 1234567', about, 'commit.created', { story_id, commit_hash: '1234567' }],
  ['emit_error PRD-001 US-1 "it broke"', about, 'error.occurred', { story_id, error: 'it broke' }],
  [
    'emit_story_completed PRD-001 US-1 true',
    about,
    'story.completed',
    { story_id, success: true, status: 'completed' },
  ],
  [
    'emit_prd_completed PRD-001 true',
    { prd_id: 'PRD-001', story_id: null },
    'prd.completed',
    { success: true, status: 'completed' },
  ],
] as const;

/** A script that wants none of its commands to fail, nor an unset variable, and whose proxy does not exist. */
async function script(home: string, lines: readonly string[], shell = 'sh'): Promise<string> {
  const env = { ...process.env, STORYLOOP_HOME: home, http_proxy: 'http://127.0.0.1:1' };
  const program = ['set -eu', `. "${functions}"`, ...lines, 'echo "the end"'].join('\n');
  const { stdout, stderr } = await promisify(execFile)(shell, ['-c', program], { env });
  return stdout + stderr;
}

describe('The progress hub in Python', () => {
  const folder = useTemporaryFolder();

  it('has a client that works here unchanged: connected, subscribed, and its seven events field by field', async function () {
    const python = await findPythonWithSocketIo();
    if (python === undefined) {
      console.log(`      ${SOCKETIO_HINT}`);
      this.skip();
    }
    await using rig = await HubRig.start(folder(), {
      socketIo: path.resolve('dist/socketio.js'),
      allowTokenlessClients: true,
    });
    // Without a word about tokens, as it was written for the hub that it knew.
    const reference = `
import json, socketio
sio = socketio.Client()
def say(*words): print(json.dumps(words), flush=True)
@sio.on("connected")
def connected(data):
    say("connected", data["client_id"], sio.get_sid())
    sio.emit("subscribe_prd", {"prd_id": "PRD-001"})
@sio.on("subscribed")
def subscribed(data): say("subscribed", data, sio.transport())
@sio.on("event")
def event(data): say("event", data, data["type"], data["data"])
sio.connect("http://127.0.0.1:${rig.hub.port}")
sio.wait()`;
    const client = spawn(python, ['-c', reference], { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: unknown[][] = [];
    createInterface({ input: client.stdout }).on('line', (line) => said.push(JSON.parse(line) as unknown[]));
    try {
      await until('the confirmation', () => said.length === 2);
      await rig.emit({ type: 'prd.paused', prd_id: 'PRD-002', data: {} });
      await script(
        rig.user.home,
        calls.map(([call]) => call),
      );
      await until('the events', () => said.length === 2 + calls.length);
    } finally {
      client.kill('SIGKILL');
      await once(client, 'exit');
    }
    const [connected, subscribed, ...events] = said;
    assert.equal(connected?.[0], 'connected');
    assert.equal(connected[1], connected[2], 'the id that the library knows');
    assert.deepEqual(subscribed, ['subscribed', { prd_id: 'PRD-001' }, 'websocket']);
    for (const [index, [, ids, type, data]] of calls.entries()) {
      const [, event, readType, readData] = events[index] as [string, { timestamp: string }, string, object];
      const { timestamp } = event;
      assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.deepEqual(event, { type, ...ids, timestamp, data });
      assert.deepEqual([readType, readData], [type, data]);
    }
    assert.equal((await rig.http('/health', { anonymous: true })).status, 200);
  });

  it('has a client that gives the token in auth or in a header, and is told nothing without one', async function () {
    const python = await findPythonWithSocketIo();
    if (python === undefined) {
      console.log(`      ${SOCKETIO_HINT}`);
      this.skip();
    }
    await using rig = await HubRig.start(folder(), { socketIo: path.resolve('dist/socketio.js') });
    const program = `
import socketio, sys
address, token = "http://127.0.0.1:${rig.hub.port}", sys.argv[1]
for options in [{"auth": {"token": token}}, {"headers": {"Authorization": "Bearer " + token}, "transports": ["polling"]}, {}]:
    sio = socketio.Client()
    sio.on("connected", lambda data: print("connected", sio.transport(), flush=True) or sio.disconnect())
    try:
        sio.connect(address, **options)
        sio.wait()
    except socketio.exceptions.ConnectionError as error:
        print("refused", error)`;
    const { stdout } = await promisify(execFile)(python, ['-c', program, rig.token]);
    assert.match(stdout, /^connected (websocket|polling)\nconnected polling\nrefused /);
  });
});

describe('emit_progress.sh', () => {
  const folder = useTemporaryFolder();

  async function stored(rig: HubRig): Promise<Record<string, unknown>[]> {
    const { events } = JSON.parse((await rig.http('/api/events')).body) as { events: Record<string, unknown>[] };
    return events;
  }

  it('tells what it is told, whatever characters are in it, from any shell', async () => {
    await using rig = await HubRig.start(folder());
    const message = `"quoted" \\ back\\nslash \t tab 'single' $HOME \`date\` é % @file\nsecond line`;
    await writeFile(path.join(folder(), 'message'), message);
    const lines = [`emit_error 'P "1"' 'U\\1' "$(cat '${path.join(folder(), 'message')}')"`];
    for (const shell of ['sh', 'bash']) assert.equal(await script(rig.user.home, lines, shell), 'the end\n');
    await script(rig.user.home, [`emit_progress_event moon.landed '{"where": "here",\n "depth": 1}'`]);
    await script(rig.user.home, [
      'emit_progress_event moon.left',
      'emit_test_run P U 08 1',
      'emit_prd_completed P false',
    ]);
    const told = (await stored(rig)).map(({ type, prd_id: prd, data }) => [type, prd, data]);
    assert.deepEqual(told, [
      ...Array<unknown>(2).fill(['error.occurred', 'P "1"', { story_id: 'U\\1', error: message }]),
      ['moon.landed', undefined, { where: 'here', depth: 1 }],
      ['moon.left', undefined, {}],
      ['prd.completed', 'P', { success: false, status: 'failed' }],
    ]);
  });

  it('fails no script and says nothing: without a hub, with one that is dead or hangs, with wrong words or none', async () => {
    const home = path.join(folder(), 'nobody');
    const names = calls.map(([call]) => call.split(' ')[0] ?? '');
    assert.equal(await script(home, [...calls.map(([call]) => call), ...names, 'emit_progress_event']), 'the end\n');
    await mkdir(path.join(home, 'hub'), { recursive: true });
    await writeFile(path.join(home, 'hub/hub.json'), JSON.stringify({ pid: 2 ** 22 + 1, port: 1, token: 'x' }));
    assert.equal(await script(home, ['emit_prd_started P']), 'the end\n');
    await using rig = await HubRig.start(folder());
    assert.equal(await script(rig.user.home, ['emit_test_run P U x y', 'emit_progress_event x {']), 'the end\n');
    assert.deepEqual(await stored(rig), []);
    assert.equal(await script(rig.user.home, ['PATH=/nowhere', 'emit_prd_started P']), 'the end\n');
  });
});
