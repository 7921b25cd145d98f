import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { WebSocket } from 'ws';
import { discoverySchema, type Discovery } from '../../src/session/discovery.js';
import { CommandLine } from './commandLine.js';
import { until } from './waiting.js';
import type { Workspace } from './workspace.js';

export interface Frame {
  readonly op: string;
  readonly event?: { readonly type: string; readonly cursor: string; readonly run_id?: string };
  readonly cursor?: string;
  readonly s?: readonly string[];
  readonly subscription?: string;
}

/** `storyloop serve` of a workspace's user, and how to reach it. */
export class Served implements AsyncDisposable {
  private constructor(
    readonly command: CommandLine,
    readonly discovery: Discovery,
  ) {}

  static async start(workspace: Workspace, port = '0'): Promise<Served> {
    const command = new CommandLine(workspace, ['serve', '--port', port]);
    const file = path.join(workspace.home, 'hub', 'hub.json');
    const ended = command.ended().then(({ stderr }) => assert.fail(`the hub ended: ${stderr}`));
    // One that was killed has left its own behind.
    const discovery = until('the hub to say where it is', async () => {
      const text = await readFile(file, 'utf8').catch(() => '');
      const found = text === '' ? undefined : discoverySchema.parse(JSON.parse(text));
      return found?.pid === command.pid && found;
    });
    return new Served(command, await Promise.race([discovery, ended]));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.discovery.port}`;
  }

  fetch(
    route: string,
    init: { method?: string; body?: string; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const authorization = `Bearer ${this.discovery.token}`;
    const headers = { authorization, 'content-type': 'application/json', ...init.headers };
    return fetch(`${this.origin}${route}`, {
      ...init,
      headers,
    });
  }

  /** A connected client and all frames that it gets. As any client it tries again when a connection fails. */
  async connect(): Promise<{ frames: Frame[]; socket: WebSocket }> {
    let failure = 'no try yet';
    const connection = async (): Promise<{ frames: Frame[]; socket: WebSocket } | undefined> => {
      const frames: Frame[] = [];
      const socket = new WebSocket(`${this.origin.replace('http', 'ws')}/ws`, ['storyloop.v1'], {
        headers: { authorization: `Bearer ${this.discovery.token}` },
      });
      socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as Frame));
      return new Promise((resolve) => {
        socket.on('open', () => {
          resolve({ frames, socket });
        });
        socket.on('error', (error) => {
          failure = error.message;
          resolve(undefined);
        });
      });
    };
    try {
      return await until('a connection', connection);
    } catch {
      throw new Error(`No connection: ${failure}`);
    }
  }

  /** Stores events that a script might tell; answers their cursors. */
  async emit(...events: object[]): Promise<string[]> {
    const response = await this.fetch('/emit?publisher=script', { method: 'POST', body: JSON.stringify(events) });
    assert.equal(response.status, 200);
    return ((await response.json()) as { cursors: string[] }).cursors;
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.command.kill('SIGKILL');
    await this.command.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.command.kill('SIGTERM');
    await this.command.ended();
  }
}
