import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ensureVscodeServer, NEWEST, type VscodeServer } from '../../setup/vscodeServer.mjs';
import { endProcesses } from './processTree.js';

export interface ServerOptions {
  /** Else STORYLOOP_VSCODE_VERSION, else the newest. */
  readonly version?: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Reaches the extension host and the terminals. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of installed extensions; else there are none. */
  readonly extensionsDir?: string;
  /** For a window that runs an extension's tests by itself, which VS Code shows no notifications in. */
  readonly driver?: boolean;
}

export interface Server extends AsyncDisposable {
  readonly version: string;
  readonly url: string;
  readonly userDataDir: string;
  readonly extensionsDir: string;
  /** The STORYLOOP_HOME of everything in this server: its own, unless `env` names another. */
  readonly storyloopHome: string;
  /** Ends the server and everything that was started in it, and waits until all of it is gone. */
  stop(): Promise<void>;
}

/** A real VS Code server on a free port of this machine, with nothing in it but what the options say. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const version = options.version ?? process.env.STORYLOOP_VSCODE_VERSION ?? NEWEST;
  const installed = await ensureVscodeServer(version);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'storyloop-vscode-'));
  const userDataDir = path.join(folder, 'server');
  const extensionsDir = options.extensionsDir ?? path.join(folder, 'extensions');
  const storyloopHome = options.env?.STORYLOOP_HOME ?? path.join(folder, 'storyloop-home');
  const mark = randomUUID();
  const env = { ...ownEnvironment(), ...options.env, STORYLOOP_HOME: storyloopHome, STORYLOOP_TEST_SERVER: mark };
  const places = ['--accept-server-license-terms', '--server-data-dir', userDataDir, '--extensions-dir', extensionsDir];

  const stop = async () => {
    await endProcesses(mark, { grace: 5_000 });
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await writeSettings(userDataDir, { ...SETTINGS, ...options.settings });
    const url = await listen(installed, options.driver ? [...places, ...installed.driverFlags] : places, env);
    return { version, url, userDataDir, extensionsDir, storyloopHome, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// What keeps the window quiet, lets the page choose light or dark, and makes terminals readable: one list, rows of text, no canvas.
const SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'window.autoDetectColorScheme': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'remote.autoForwardPorts': false,
  'terminal.integrated.tabs.hideCondition': 'never',
  'terminal.integrated.gpuAcceleration': 'off',
};

// Those of the machine scope are read from the machine's file only, those of the application scope from the user's only.
async function writeSettings(userDataDir: string, settings: object): Promise<void> {
  for (const scope of ['User', 'Machine']) {
    const folder = path.join(userDataDir, 'data', scope);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2));
  }
}

// A test started from a terminal of VS Code must not look like a part of that VS Code.
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VSCODE_') && name !== 'ELECTRON_RUN_AS_NODE'),
  );
}

/** Resolves with the address as soon as the server says that it listens. */
async function listen({ node, serverMain }: VscodeServer, options: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const address = ['--host', '127.0.0.1', '--port', '0', '--without-connection-token'];
  const child = spawn(node, [serverMain, ...address, ...options], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const port = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output.push(text);
      const match = /Extension host agent listening on (\d+)/.exec(output.join(''));
      if (match?.[1]) resolve(match[1]);
    });
  });
  return `http://127.0.0.1:${await Promise.race([port, endOf(child, output)])}`;
}

async function endOf(child: ChildProcess, output: readonly string[]): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`The VS Code server ended (${code ?? 'signal'}) before it listened:\n${output.join('')}`);
}
