import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { chromium, type BrowserContext, type Cookie, type Page } from 'playwright-core';
import type { Envelope } from '../../src/events/envelope.js';
import { discoverySchema, type Discovery } from '../../src/session/discovery.js';
import { CommandLine, storyloop } from '../rig/commandLine.js';
import { assertShowsAll } from '../rig/dashboardEvents.js';
import { until } from '../rig/waiting.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';
import { CHROMIUM_FLAGS, CHROMIUM_HINT, ensureChromium } from '../setup/chromium.mjs';

/** A `storyloop serve` of a workspace's user, which may be killed and started again on its port. */
export class ServedDashboard implements AsyncDisposable {
  /** `args`: more of its command line. */
  static async start(workspace: Workspace, args: readonly string[] = []): Promise<ServedDashboard> {
    const served = new ServedDashboard(workspace, args);
    await served.serve('0');
    return served;
  }

  #command: CommandLine | undefined;
  #discovery: Discovery | undefined;

  private constructor(
    private readonly workspace: Workspace,
    private readonly args: readonly string[],
  ) {}

  get discovery(): Discovery {
    assert.ok(this.#discovery);
    return this.#discovery;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.discovery.port}`;
  }

  /** Starts the hub, on the port that it had. */
  async serve(port = String(this.discovery.port)): Promise<void> {
    const command = new CommandLine(this.workspace, ['serve', '--port', port, ...this.args]);
    this.#command = command;
    const file = path.join(this.workspace.home, 'hub', 'hub.json');
    const listens = until('the hub', async () => {
      const found = discoverySchema.safeParse(JSON.parse(await readFile(file, 'utf8').catch(() => 'null')));
      return found.data?.pid === command.pid && found.data;
    });
    const ended = command.ended().then(({ stderr }) => assert.fail(`the hub ended: ${stderr}`));
    this.#discovery = await Promise.race([listens, ended]);
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#command?.kill(signal);
    await this.#command?.ended();
  }

  /** What the command line prints for a person to open. */
  async link(): Promise<string> {
    const { exitCode, stdout, stderr } = await storyloop(this.workspace, 'dashboard');
    assert.equal(exitCode, 0, stderr);
    return stdout.trim();
  }

  async get<T>(route: string): Promise<T> {
    const response = await fetch(`${this.origin}${route}`, {
      headers: { Authorization: `Bearer ${this.discovery.token}` },
    });
    assert.equal(response.status, 200, route);
    return (await response.json()) as T;
  }

  /** Where the log ends. */
  async cursor(): Promise<string> {
    return (await this.get<{ cursor: string }>('/api/state')).cursor;
  }

  /** All events of a run, as the log has them. */
  async log(runId: string): Promise<readonly Envelope[]> {
    return (await this.get<{ events: Envelope[] }>(`/api/events?run=${runId}&limit=1000`)).events;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGTERM');
  }
}

interface OpenOptions {
  readonly dark?: boolean;
  readonly flags?: readonly string[];
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** A hub, a Chromium with a profile of its own, and in it the page that the command line's link opens. */
export class OpenDashboard implements AsyncDisposable {
  static async open(stories: readonly PlannedStory[], options: OpenOptions = {}): Promise<OpenDashboard> {
    const { dark = false, flags = [], prepare } = options;
    const executablePath = await ensureChromium();
    if (executablePath === undefined) throw new Error(`This suite ${CHROMIUM_HINT}`);
    const workspace = await Workspace.withStories(stories);
    const hub = await ServedDashboard.start(workspace);
    const context = await chromium.launchPersistentContext(path.join(workspace.folder, 'profile'), {
      executablePath,
      args: [...CHROMIUM_FLAGS, ...flags],
      colorScheme: dark ? 'dark' : 'light',
      viewport: { width: 1_200, height: 900 },
    });
    const opened = new OpenDashboard(workspace, hub, context, await context.newPage());
    await prepare?.(opened.page);
    await opened.page.goto(await hub.link());
    await opened.page.getByText('No runs yet').waitFor();
    return opened;
  }

  /** Refused by the page's policy, or thrown. That the network refuses something is no fault of the page. */
  readonly faults: string[] = [];

  private constructor(
    readonly workspace: Workspace,
    readonly hub: ServedDashboard,
    readonly context: BrowserContext,
    readonly page: Page,
  ) {
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('console', (message) => {
      const isNetwork = /ERR_CONNECTION|WebSocket connection|status of 401/.test(message.text());
      if (message.type() === 'error' && !isNetwork) this.faults.push(message.text());
    });
  }

  get cookieName(): string {
    return `storyloop-${this.hub.discovery.port}`;
  }

  async cookie(): Promise<Cookie | undefined> {
    return (await this.context.cookies()).find(({ name }) => name === this.cookieName);
  }

  /** What its next hub finds is a new log. */
  async forgetLog(): Promise<void> {
    await rm(path.join(this.workspace.home, 'hub', 'log'), { recursive: true });
  }

  /** The list of live events comes to have every event of the run once and in order, as the log has them. */
  showsAll(runId: string): Promise<void> {
    return assertShowsAll(this.page, () => this.hub.log(runId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
    await this.hub[Symbol.asyncDispose]();
    await this.workspace[Symbol.asyncDispose]();
  }
}
