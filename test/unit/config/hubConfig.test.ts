import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { addHubFlags, flagOf, givenFlags } from '../../../src/cli/hubFlags.js';
import { hubDefaults, hubSettings } from '../../../src/config/hubConfig.js';
import { loadConfig } from '../../../src/config/loadConfig.js';
import { loadHubConfig, type Given, type LoadedHubConfig } from '../../../src/config/loadHubConfig.js';
import { UserPaths } from '../../../src/session/paths.js';
import { useTemporaryFolder } from '../../rig/temporaryFolder.js';

describe('The configuration of the hub', () => {
  const folder = useTemporaryFolder();
  const user = (): UserPaths => new UserPaths(path.join(folder(), 'home'));
  const write = (content: unknown): void => {
    mkdirSync(user().home, { recursive: true });
    writeFileSync(user().config, typeof content === 'string' ? content : JSON.stringify(content));
  };
  const load = (given: Given = {}, env: Record<string, string> = {}): Promise<LoadedHubConfig> =>
    loadHubConfig({ user: user(), env, given, nameOf: (name) => `setting storyloop.hub.${name}` });
  const flags = (...argv: string[]): Given => {
    const command = addHubFlags(new Command('serve')).exitOverride();
    return givenFlags(command.parse(argv, { from: 'user' }).opts());
  };

  it('is closed to everybody but who has the token, unless somebody says otherwise', async () => {
    const { config, faults } = await load();
    assert.deepEqual(faults, []);
    assert.deepEqual(config, hubDefaults);
    assert.deepEqual([config.port, config.allowedOrigins, config.allowTokenlessClients], [18_790, [], false]);
  });

  it('comes from the file, then from the environment, then from what was given; each wins over the one before', async () => {
    write({ hub: { port: 1_001, maxConnections: 11, logLevel: 'warn' }, attempts: 2 });
    const env = { STORYLOOP_HUB_PORT: '1002', STORYLOOP_HUB_MAX_CONNECTIONS: '12' };
    const { config, faults } = await load({ port: 1_003 }, env);
    assert.deepEqual(faults, []);
    assert.deepEqual([config.port, config.maxConnections, config.logLevel], [1_003, 12, 'warn']);
  });

  it('takes every setting from a variable, and from a flag', async () => {
    const said = {
      ...{ port: '0', logLevel: 'debug', logMaxAgeDays: '7', logMaxBytes: '100000000', maxConnections: '9' },
      ...{ allowedOrigins: 'http://localhost:3000,https://my.page', allowTokenlessClients: 'true' },
    };
    const meant = {
      ...{ port: 0, logLevel: 'debug', logMaxAgeDays: 7, logMaxBytes: 100_000_000, maxConnections: 9 },
      ...{ allowedOrigins: ['http://localhost:3000', 'https://my.page'], allowTokenlessClients: true },
    };
    const names = Object.keys(hubSettings) as (keyof typeof said)[];
    const env = Object.fromEntries(names.map((name) => [hubSettings[name].variable, said[name]]));
    assert.deepEqual(await load({}, env), { config: meant, faults: [] });
    const argv = names.flatMap((name) => {
      const [flag = '', value] = hubSettings[name].flag.split(' ');
      return value === undefined ? [flag] : [flag, ...said[name].split(',')];
    });
    assert.deepEqual(await load(flags(...argv)), { config: meant, faults: [] });
  });

  it('names a wrong value with its source and with what is allowed, all of them at once, and does not use it', async () => {
    write({ hub: { port: 70_000, colour: 'red', maxConnections: 5 } });
    const env = { STORYLOOP_HUB_LOG_LEVEL: 'loud', STORYLOOP_HUB_ALLOW_TOKENLESS_CLIENTS: 'yes' };
    const { config, faults } = await load({ allowedOrigins: ['*'], logMaxAgeDays: 1.5 }, env);
    assert.deepEqual(faults, [
      `${user().config}: hub.port: 70000 is not possible; allowed: a whole number from 0 to 65535`,
      `${user().config}: hub.colour: there is no such setting; there are ${Object.keys(hubSettings).join(', ')}`,
      'STORYLOOP_HUB_LOG_LEVEL: "loud" is not possible; allowed: debug, info, warn, error',
      'STORYLOOP_HUB_ALLOW_TOKENLESS_CLIENTS: "yes" is not possible; allowed: true or false',
      'setting storyloop.hub.allowedOrigins: ["*"] is not possible; allowed: origins such as "http://localhost:3000", without a path and without "*"',
      'setting storyloop.hub.logMaxAgeDays: 1.5 is not possible; allowed: a whole number from 1 to 3650',
    ]);
    assert.deepEqual(config, { ...hubDefaults, maxConnections: 5 });
  });

  it('names a flag as it was written', async () => {
    const given = flags('--port', 'http', '--allow-origin', 'http://localhost:3000/x');
    const { faults } = await loadHubConfig({ user: user(), env: {}, given, nameOf: flagOf });
    assert.deepEqual(
      faults.map((fault) => fault.split(':')[0]),
      ['--port', '--allow-origin'],
    );
  });

  it('does without a file that cannot be understood, and says so', async () => {
    for (const [content, complaint] of [
      ['{', /config\.json: it is not valid JSON/],
      ['{"hub":[1]}', /config\.json: hub: expected an object/],
    ] as const) {
      write(content);
      const { config, faults } = await load();
      assert.deepEqual(config, hubDefaults);
      assert.match(faults.join('\n'), complaint);
    }
  });

  it('is never read from a repository, whose file may not even speak of it', async () => {
    write({ hub: { port: 1_001 } });
    writeFileSync(path.join(folder(), '.storyloop.json'), '{"hub":{"allowTokenlessClients":true}}');
    const sources = { user: user(), repositoryRoot: folder(), overrides: {}, env: {} };
    const loaded = await loadConfig(sources);
    assert.ok(!loaded.ok);
    assert.match(loaded.error, /^\.storyloop\.json: hub: a repository cannot configure the hub/);
    writeFileSync(path.join(folder(), '.storyloop.json'), '{}');
    assert.ok((await loadConfig(sources)).ok);
  });
});
