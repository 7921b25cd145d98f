import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import path from 'node:path';
import WebSocket from 'ws';
import { becomeHub } from '../../../src/hub/becomeHub.js';
import type { Hub, HubOptions } from '../../../src/hub/hub.js';
import { systemClock } from '../../../src/primitives/clock.js';
import { silentLogger } from '../../../src/primitives/logger.js';
import { hubToken } from '../../../src/session/discovery.js';
import { ProjectPaths, UserPaths } from '../../../src/session/paths.js';
import { registerProject } from '../../../src/session/projects.js';
import { readJournal } from '../../../src/journal/readJournal.js';
import { JournalWriter } from '../../../src/journal/journalWriter.js';
import { Ownership } from '../../../src/session/ownership.js';
import { currentHolder } from '../../../src/session/holder.js';
import { until } from '../../rig/waiting.js';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Without the token. */
  readonly anonymous?: boolean;
}

type Frame = Record<string, unknown> & { readonly op: string };

/** A real hub in a user's state of its own, and clients that speak to its port. */
export class HubRig implements AsyncDisposable {
  static async start(folder: string, options: Partial<HubOptions> = {}): Promise<HubRig> {
    const user = new UserPaths(path.join(folder, 'home'));
    const defaults = { user, clock: systemClock, logger: silentLogger, version: '1.2.3', port: 0, role: 'test' };
    const metrics = path.resolve('dist/metrics.js');
    const hub = await becomeHub({ ...defaults, metrics, ...options });
    if (!hub.ok) throw new Error(`The hub is held by ${hub.error.holder.role}`);
    return new HubRig(user, hub.value, await hubToken(user));
  }

  readonly #sockets: TestSocket[] = [];

  private constructor(
    readonly user: UserPaths,
    readonly hub: Hub,
    readonly token: string,
  ) {}

  /** The next hub of this user does not come back on the port of this one. */
  forgetPort(): void {
    rmSync(this.user.hubPort);
  }

  get authority(): string {
    return `127.0.0.1:${this.hub.port}`;
  }

  /** All bytes of the log: what a refused request must not change. */
  logBytes(): string {
    const names = readdirSync(this.user.hubLog).sort();
    return names.map((name) => readFileSync(path.join(this.user.hubLog, name), 'utf8')).join('');
  }

  headers({ anonymous = false, headers = {} }: RequestOptions): Record<string, string> {
    return { ...(anonymous ? {} : { Authorization: `Bearer ${this.token}` }), ...headers };
  }

  http(target: string, options: RequestOptions = {}): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const { method = 'GET', body } = options;
      const headers = {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...this.headers(options),
      };
      const sent = request({ host: '127.0.0.1', port: this.hub.port, path: target, method, headers, agent: false });
      sent.on('error', reject);
      sent.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      });
      sent.end(body);
    });
  }

  emit(body: unknown, options: RequestOptions = {}): Promise<HttpAnswer> {
    return this.http('/emit', { method: 'POST', body: JSON.stringify(body), ...options });
  }

  /** An event stream; answers the response once its headers are there. */
  stream(target = '/stream/progress', options: RequestOptions = {}): Promise<TestStream> {
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1',
        port: this.hub.port,
        path: target,
        headers: this.headers(options),
        agent: false,
      });
      sent.on('error', reject);
      sent.on('response', (response) => {
        resolve(new TestStream(response));
      });
      sent.end();
    });
  }

  /** A WebSocket that has had its greeting. */
  async connect(target = '/ws', options: WebSocket.ClientOptions = {}): Promise<TestSocket> {
    const socket = new TestSocket(this.socket(target, {}, ['storyloop.v1'], options));
    this.#sockets.push(socket);
    await socket.frame('init');
    return socket;
  }

  socket(
    target: string,
    request: RequestOptions,
    protocols: string[] = [],
    options: WebSocket.ClientOptions = {},
  ): WebSocket {
    return new WebSocket(`ws://${this.authority}${target}`, protocols, { headers: this.headers(request), ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.webSocket.terminate();
    await this.hub.stop();
  }
}

export class TestSocket {
  readonly frames: Frame[] = [];
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;

  constructor(readonly webSocket: WebSocket) {
    webSocket.on('message', (data: Buffer) => {
      this.texts.push(data.toString());
      this.frames.push(JSON.parse(data.toString()) as Frame);
    });
    webSocket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    webSocket.on('error', () => {});
  }

  send(frame: object): void {
    this.webSocket.send(JSON.stringify(frame));
  }

  frame(op: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return until(`a frame "${op}"; there are ${this.texts.join('\n').slice(0, 2_000)}`, () =>
      this.frames.find((frame) => frame.op === op && fits(frame)),
    );
  }

  async ask(frame: Record<string, unknown>): Promise<Frame> {
    this.send(frame);
    return until(`the answer to ${JSON.stringify(frame).slice(0, 200)}`, () =>
      this.frames.find(({ op, id }) => (op === 'ok' || op === 'error' || op === 'pong') && id === frame['id']),
    );
  }

  /** Messages of the events that came to a subscription, alone or in batches. */
  messages(subscription: string): unknown[] {
    const told = this.frames.flatMap((frame) => (frame.op === 'events' ? (frame['events'] as Frame[]) : [frame]));
    return told
      .filter((part) => (part['s'] as string[] | undefined)?.includes(subscription))
      .map((part) => (part['event'] as { data: { message: unknown } }).data.message);
  }
}

/** Parses what comes as the HTML standard says. */
export class TestStream {
  readonly events: { event: string; id: string; data: string }[] = [];
  comments = 0;
  retry = '';
  lastId = '';
  ended = false;
  #rest = '';
  #event = '';
  #data: string[] = [];

  constructor(readonly response: IncomingMessage) {
    response.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (this.#rest + chunk).split(/\r\n|\n|\r/);
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#line(line);
    });
    response.on('close', () => {
      this.ended = true;
    });
    response.on('error', () => {});
  }

  #line(line: string): void {
    if (line === '') {
      if (this.#data.length > 0) {
        this.events.push({ event: this.#event || 'message', id: this.lastId, data: this.#data.join('\n') });
      }
      this.#event = '';
      this.#data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === '') this.comments += 1;
    else if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id' && !value.includes('\0')) this.lastId = value;
    else if (field === 'retry') this.retry = value;
    else throw new Error(`An unknown field: ${line}`);
  }
}

/** A run with a journal, in a project that the user's state knows. */
export interface RunRig extends AsyncDisposable {
  readonly paths: ProjectPaths;
  readonly journal: JournalWriter;
}

export async function startJournal(folder: string, user: UserPaths, runId: string): Promise<RunRig> {
  const project = { id: 'sample-000001', root: path.join(folder, 'repo'), common_dir: path.join(folder, 'repo') };
  const paths = new ProjectPaths(project.common_dir);
  const prdId = 'repo-prd-000001';
  const acquired = await Ownership.acquire({
    terms: paths.terms(prdId),
    lockFile: paths.lock(prdId),
    holder: currentHolder('test', runId),
    waitMs: 0,
    clock: systemClock,
    logger: silentLogger,
  });
  if (!acquired.ok) throw new Error('The PRD is held');
  const ownership = acquired.value;
  const { events, lengths } = await readJournal(paths, prdId, runId);
  const lastSeq = events.at(-1)?.source_seq ?? 0;
  const identity = { runId, prdId, project: project.id, term: ownership.term, lastSeq };
  const journal = await JournalWriter.create(paths.run(runId), identity, () => ownership.isCurrent(), systemClock);
  await ownership.accept(lengths);
  await registerProject(user, project);
  return {
    paths,
    journal,
    [Symbol.asyncDispose]: async () => {
      await journal[Symbol.asyncDispose]();
      await ownership[Symbol.asyncDispose]();
    },
  };
}
