import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import hubProcess from './faultyHubProcess.ts?bundle';
import { startRun } from './commandLine.js';
import type { Kill } from './faultyRun.js';
import { SpokenProcess } from './spokenProcess.js';
import { until } from './waiting.js';
import { Workspace } from './workspace.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface HubEvent {
  readonly id: string;
  readonly cursor: string;
  readonly run_id?: string;
  readonly source: string;
}

/** One hub in a process of its own. */
export class HubInProcess implements AsyncDisposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  private constructor(
    private readonly process: SpokenProcess,
    readonly logId: string,
    private readonly port: number,
    private readonly token: string,
  ) {}

  /** Undefined when it died before it could say where it is. */
  static async start(
    workspace: Pick<Workspace, 'folder' | 'home'>,
    kill: Kill | '' = '',
    segmentBytes = 4_096,
    killAfterMs?: number,
  ): Promise<HubInProcess | undefined> {
    const hub = SpokenProcess.start(hubProcess, workspace.folder, [workspace.home, kill, String(segmentBytes)]);
    if (killAfterMs !== undefined)
      void pause(killAfterMs).then(() => {
        hub.signal('SIGKILL');
      });
    const said = await hub.says('port').catch(() => undefined);
    if (said) return new HubInProcess(hub, String(said['logId']), Number(said['port']), String(said['token']));
    assert.equal(hub.child.signalCode, 'SIGKILL', 'it dies where it was told to');
    return undefined;
  }

  /** What ended it, once it has. */
  async exit(): Promise<NodeJS.Signals | null> {
    await this.process.exit();
    return this.process.child.signalCode;
  }

  /** Undefined when nobody answers. */
  ask(method: string, path: string, body?: object): Promise<Answer | undefined> {
    const headers = { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' };
    return new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port: this.port, path, method, headers, agent: this.#agent });
      const lost = (): void => {
        resolve(undefined);
      };
      asked.on('error', lost).on('response', (response) => {
        let text = '';
        response.on('error', lost).on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
        });
      });
      asked.end(body && JSON.stringify(body));
    });
  }

  async events(): Promise<HubEvent[]> {
    return (await this.page('')).events;
  }

  /** A page of events after a cursor. */
  async page(since: string): Promise<{ readonly events: HubEvent[]; readonly cursor: string; readonly more: boolean }> {
    const answer = await this.ask('GET', `/api/events?limit=1000${since === '' ? '' : `&since=${since}`}`);
    assert.equal(answer?.status, 200);
    return answer.body as Awaited<ReturnType<HubInProcess['page']>>;
  }

  async kill(): Promise<void> {
    this.#agent.destroy();
    await this.process[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}

/** Publishes one event after the other, each until it is acknowledged: as whoever wants nothing lost does. */
class Publisher {
  readonly acknowledged = new Map<string, string>();
  #count = 0;

  /** False when the hub did not answer: the event is sent again to the next one. */
  async publish(hub: HubInProcess): Promise<boolean> {
    const id = `external-event-${this.#count + 1}`;
    const data = { level: 'info', message: 'x'.repeat(600) };
    const answer = await hub.ask('POST', '/emit', { id, type: 'log.message', data });
    if (!answer) return false;
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    this.acknowledged.set(id, (answer.body as { cursors: string[] }).cursors[0] ?? '');
    this.#count += 1;
    return true;
  }
}

/**
 * Kills a hub that has a log and takes in a run and a publisher, and starts another one; asserts that the log has all of
 * both, once and in order. False when the hub did not get to where it was to die.
 */
export async function killedHub(kill: Kill): Promise<boolean> {
  await using workspace = await Workspace.withStories([{ id: 'US-1' }, { id: 'US-2' }]);
  const publisher = new Publisher();
  // On a machine without a hub yet, and on one with a log.
  await (await HubInProcess.start(workspace, kill))?.kill();
  const first = await HubInProcess.start(workspace);
  assert.ok(first);
  await publisher.publish(first);
  await publisher.publish(first);
  await first.kill();

  const doomed = await HubInProcess.start(workspace, kill);
  const run = startRun(workspace);
  let reached = doomed === undefined;
  if (doomed) {
    while (!reached && publisher.acknowledged.size < 50) reached = !(await publisher.publish(doomed));
    // Then the run alone brings it there, or nothing does.
    const died = doomed.exit().then(() => true);
    reached ||= await Promise.race([died, run.ended().then(() => false)]);
    if (!reached) await doomed.kill();
    assert.equal(await doomed.exit(), 'SIGKILL');
  }
  await using next = await HubInProcess.start(workspace);
  assert.ok(next);
  await publisher.publish(next);
  const result = await run.ended();
  assert.equal(result.exitCode, 0, result.stderr);
  const told = run.events.filter((event) => event.type !== 'command.progress').map((event) => event.id);
  const ofRun = (events: HubEvent[]): string[] => events.filter((event) => event.run_id).map((event) => event.id);
  const events = await until('the whole run', async () => {
    const found = await next.events();
    return ofRun(found).length >= told.length && found;
  });
  assert.deepEqual(ofRun(events), told, 'all events of the run, once and in order');
  const published = events.filter((event) => !event.run_id).map(({ id, cursor }) => [id, cursor]);
  assert.deepEqual(published, [...publisher.acknowledged], 'every acknowledged event, once, where it was said to be');
  assert.deepEqual(
    events.map((event) => event.cursor),
    events.map((_, index) => `${first.logId}:${index + 1}`),
    'one log, without gaps',
  );
  return reached;
}
