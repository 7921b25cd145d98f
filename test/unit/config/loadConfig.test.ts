import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../../../src/config/config.js';
import { loadConfig, type LoadedConfig } from '../../../src/config/loadConfig.js';
import { UserPaths } from '../../../src/session/paths.js';

describe('loadConfig', () => {
  let folder: string;
  let user: UserPaths;
  let repositoryRoot: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'storyloop-config-'));
    user = new UserPaths(path.join(folder, 'home'));
    repositoryRoot = path.join(folder, 'repository');
    mkdirSync(user.home);
    mkdirSync(repositoryRoot);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (layer: 'user' | 'repository', content: unknown): void => {
    const file = layer === 'user' ? user.config : path.join(repositoryRoot, '.storyloop.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  };

  const load = (env: Record<string, string> = {}, overrides: Config = {}) =>
    loadConfig({ user, repositoryRoot, overrides, env });

  async function loaded(env?: Record<string, string>, overrides?: Config): Promise<LoadedConfig> {
    const result = await load(env, overrides);
    assert.ok(result.ok, JSON.stringify(result));
    return result.value;
  }

  async function refused(env?: Record<string, string>, overrides?: Config): Promise<string> {
    const result = await load(env, overrides);
    assert.ok(!result.ok, 'should have been refused');
    return result.error;
  }

  it('has defaults for everything that must be known', async () => {
    const { config, repositoryTexts } = await loaded();
    assert.deepEqual(config, {
      ...{ agent: 'claude', workers: 3, attempts: 3, attemptTimeout: 1800, idleTimeout: 900, gateTimeout: 600 },
      ...{ storyTimeout: 0, runTimeout: 0, proof: 'standard', maxRuns: 3, attemptMemory: 0, attemptDisk: 0 },
      securityScan: true,
      agents: {},
      budget: {},
    });
    assert.deepEqual(repositoryTexts, []);
  });

  it('means the command that somebody set, when nobody chose an agent', async () => {
    write('user', { agents: { command: { argv: ['my-agent'] } } });
    assert.equal((await loaded()).config.agent, 'command');
    assert.equal((await loaded({ STORYLOOP_AGENT: 'claude' })).config.agent, 'claude');
  });

  it('lets each source win over the one before: user, repository, environment, overrides', async () => {
    const attempts = async (...args: Parameters<typeof loaded>) => (await loaded(...args)).config.attempts;
    write('user', { attempts: 4, gateTimeout: 10 });
    assert.equal(await attempts(), 4);
    write('repository', { attempts: 5 });
    assert.equal(await attempts(), 5);
    assert.equal(await attempts({ STORYLOOP_ATTEMPTS: '6' }), 6);
    assert.equal(await attempts({ STORYLOOP_ATTEMPTS: '6' }, { attempts: 7 }), 7);
    assert.equal((await loaded({ STORYLOOP_ATTEMPTS: '6' }, { attempts: 7 })).config.gateTimeout, 10);
  });

  it('keeps the settings of one agent when another source names another agent', async () => {
    write('user', { agents: { command: { argv: ['my-agent'] } } });
    const { config } = await loaded({ STORYLOOP_AGENT: 'scripted', STORYLOOP_SCRIPT: '/x/script.json' });
    assert.equal(config.agent, 'scripted');
    assert.deepEqual(config.agents, { command: { argv: ['my-agent'] }, scripted: { script: '/x/script.json' } });
  });

  it('keeps the ceilings of one source when another names another ceiling', async () => {
    write('user', { budget: { runUsd: 5, storyUsd: 2 } });
    write('repository', { budget: { storyUsd: 1 } });
    const { config } = await loaded({ STORYLOOP_BUDGET_RUN_TOKENS: '1000' });
    assert.deepEqual(config.budget, { runUsd: 5, storyUsd: 1, runTokens: 1000 });
  });

  it('does not let an absent override or an empty variable hide a value', async () => {
    write('user', { agent: 'scripted', attempts: 4 });
    const overrides = { agent: undefined, agents: undefined } as unknown as Config;
    const { config } = await loaded({ STORYLOOP_ATTEMPTS: '' }, overrides);
    assert.deepEqual([config.agent, config.attempts], ['scripted', 4]);
  });

  it('lets a repository switch the look at vulnerabilities on, and not off', async () => {
    const scans = async (user: object, repository: object): Promise<boolean> => {
      write('user', user);
      write('repository', repository);
      return (await loaded()).config.securityScan;
    };
    assert.equal(await scans({}, { securityScan: false }), true);
    assert.equal(await scans({ securityScan: false }, {}), false);
    assert.equal(await scans({ securityScan: false }, { securityScan: true }), true);
  });

  it('lets a repository ask for more proof than its user, and not for less', async () => {
    const proof = async (user: object, repository: object): Promise<string> => {
      write('user', user);
      write('repository', repository);
      return (await loaded()).config.proof;
    };
    assert.equal(await proof({}, { proof: 'trusting' }), 'standard');
    assert.equal(await proof({}, { proof: 'strict' }), 'strict');
    assert.equal(await proof({ proof: 'trusting' }, { proof: 'standard' }), 'standard');
    assert.equal(await proof({ proof: 'strict' }, { proof: 'standard' }), 'strict');
  });

  it('lets a repository lower the ceilings of its user, and not raise them', async () => {
    write('user', { budget: { runUsd: 5, storyUsd: 2 } });
    write('repository', { budget: { runUsd: 50, storyUsd: 1, runTokens: 1000 } });
    assert.deepEqual((await loaded()).config.budget, { runUsd: 5, storyUsd: 1, runTokens: 1000 });
    const { config } = await loaded({ STORYLOOP_BUDGET_RUN_USD: '50' });
    assert.equal(config.budget?.runUsd, 50);
  });

  it('reads every variable of the environment', async () => {
    const { config } = await loaded({
      STORYLOOP_AGENT: 'scripted',
      STORYLOOP_SCRIPT: '/s.json',
      STORYLOOP_MIN_COVERAGE: '75',
      STORYLOOP_WORKERS: '4',
      STORYLOOP_MAX_RUNS: '2',
      STORYLOOP_PROOF: 'strict',
      STORYLOOP_ATTEMPT_MEMORY: '500',
      STORYLOOP_ATTEMPT_DISK: '1000',
      STORYLOOP_ATTEMPTS: '2',
      STORYLOOP_ATTEMPT_TIMEOUT: '30',
      STORYLOOP_IDLE_TIMEOUT: '0',
      STORYLOOP_STORY_TIMEOUT: '3600',
      STORYLOOP_BUDGET_STORY_ATTEMPTS: '1',
      STORYLOOP_BUDGET_RUN_ATTEMPTS: '2',
      STORYLOOP_BUDGET_STORY_TOKENS: '3',
      STORYLOOP_BUDGET_RUN_TOKENS: '4',
      STORYLOOP_BUDGET_STORY_USD: '0.5',
      STORYLOOP_BUDGET_RUN_USD: '6',
      STORYLOOP_RUN_TIMEOUT: '7200',
      STORYLOOP_GATE_TIMEOUT: '1.5',
    });
    assert.deepEqual(config, {
      agent: 'scripted',
      agents: { scripted: { script: '/s.json' } },
      ...{ minCoverage: 75, securityScan: true, proof: 'strict', maxRuns: 2, attemptMemory: 500, attemptDisk: 1000 },
      workers: 4,
      attempts: 2,
      attemptTimeout: 30,
      idleTimeout: 0,
      storyTimeout: 3600,
      runTimeout: 7200,
      budget: { storyAttempts: 1, runAttempts: 2, storyTokens: 3, runTokens: 4, storyUsd: 0.5, runUsd: 6 },
      gateTimeout: 1.5,
    });
  });

  it("counts a script's path from the file that names it, or else from the current folder", async () => {
    write('user', { agents: { scripted: { script: 'demo.json' } } });
    const script = async (env?: Record<string, string>) => (await loaded(env)).config.agents?.scripted?.script;
    assert.equal(await script(), path.join(user.home, 'demo.json'));
    assert.equal(await script({ STORYLOOP_SCRIPT: 'demo.json' }), path.resolve('demo.json'));
  });

  it('names every wrong value with its source and its place', async () => {
    write('user', { attempts: 'three', agents: { command: { argv: [] } } });
    write('repository', { gates: { 'Not A Name': ['x'] }, atempts: 2 });
    const lines = (await refused({ STORYLOOP_ATTEMPT_TIMEOUT: 'soon' }, { gateTimeout: -1 })).split('\n');
    for (const pattern of [
      new RegExp(`^${user.config}: attempts: expected number`),
      new RegExp(`^${user.config}: agents\\.command\\.argv: `),
      /^\.storyloop\.json: gates\.Not A Name: /,
      /^\.storyloop\.json: unrecognized key: "atempts"/,
      /^STORYLOOP_ATTEMPT_TIMEOUT: attemptTimeout: expected number/,
      /^option: gateTimeout: /,
    ]) {
      assert.ok(
        lines.some((line) => pattern.test(line)),
        `${String(pattern)} in\n${lines.join('\n')}`,
      );
    }
  });

  it('takes no file to copy that lies outside of the repository', async () => {
    const copy = ['.env*', 'config/local.json', './a', '**/*.pem'];
    write('repository', { copy });
    assert.deepEqual((await loaded()).config.copy, copy);
    for (const outside of ['/etc/passwd', 'C:\\secret', '../beside', 'a/../../b', 'a\\..\\b', '']) {
      write('repository', { copy: ['.env', outside] });
      assert.match(await refused(), /^\.storyloop\.json: copy\.1: /, outside);
    }
  });

  it('names a file that is not JSON or cannot be read', async () => {
    write('user', '{');
    assert.match(await refused(), /config\.json: it is not valid JSON: /);
    rmSync(user.config);
    mkdirSync(path.join(repositoryRoot, '.storyloop.json'));
    assert.match(await refused(), /^\.storyloop\.json: it cannot be read: /);
  });

  it('takes no agent from a repository, by name or by command, and says where it belongs', async () => {
    for (const content of [
      { agent: 'scripted' },
      { agents: { command: { argv: ['./evil'] } } },
      { agents: null },
      { ladder: [] },
    ]) {
      write('repository', content);
      assert.match(
        await refused(),
        /^\.storyloop\.json: (?:agents?|ladder): a repository cannot choose the agent\. Move it to/,
      );
    }
  });

  it('lists the commands of a repository, and only those, for a person to see', async () => {
    write('user', { setup: [['make', 'deps']], testCommand: ['t', '{file}'] });
    assert.deepEqual((await loaded()).repositoryTexts, []);
    write('repository', {
      gates: { unit: ['make', 'unit tests'], audit: { command: ['npm', 'audit'], required: false } },
      setup: [['npm', 'ci']],
      testCommand: ['pytest', '{file}', '-k', '{name}'],
    });
    assert.deepEqual((await loaded()).repositoryTexts, [
      'make "unit tests"',
      'npm audit',
      'npm ci',
      'pytest {file} -k {name}',
    ]);
  });
});
