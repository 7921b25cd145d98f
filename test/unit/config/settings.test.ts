import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { configSchema } from '../../../src/config/config.js';
import { hubSettings, type HubSettingName } from '../../../src/config/hubConfig.js';
import { runDefaults, runVariables } from '../../../src/config/loadConfig.js';

interface Property {
  readonly type: string;
  readonly scope: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  contributes: { configuration: { properties: Record<string, Property> }[] };
};
const properties: Readonly<Record<string, Property>> = Object.assign(
  {},
  ...manifest.contributes.configuration.map((group) => group.properties),
) as Record<string, Property>;
const names = Object.keys(properties).map((name) => name.replace(/^storyloop\./, ''));

/** What VS Code alone can be told. */
const windowOnly = ['hub.autoStart', 'notifications'];
/** Of `storyloop run`. */
const runFlags: Readonly<Record<string, string>> = {
  agent: 'run --agent',
  'agents.scripted.script': 'run --script',
  workers: 'run --workers',
  proof: 'run --proof',
};

/** Where a configuration file says something: `agents.claude.path`. */
function leaves(schema: z.core.$ZodType, at: readonly string[] = []): string[] {
  const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
  if (!(inner instanceof z.ZodObject)) return [at.join('.')];
  return Object.entries(inner.shape).flatMap(([name, part]) => leaves(part as z.core.$ZodType, [...at, name]));
}

/** Where a variable of runs belongs, as its value lands there. */
function placeOf(value: unknown, at: readonly string[] = []): string {
  if (typeof value !== 'object' || value === null) return at.join('.');
  const [[name, part] = ['', undefined]] = Object.entries(value);
  return placeOf(part, [...at, name]);
}

const isHub = (name: string): boolean => name.startsWith('hub.') && !windowOnly.includes(name);
const hubSetting = (name: string) => hubSettings[name.slice('hub.'.length) as HubSettingName];

function variableOf(name: string): string | undefined {
  if (isHub(name)) return hubSetting(name).variable;
  return Object.entries(runVariables).find(([, place]) => placeOf(place('1')) === name)?.[0];
}

function flagOf(name: string): string | undefined {
  return isHub(name) ? `serve ${hubSetting(name).flag.split(' ')[0] ?? ''}` : runFlags[name];
}

/** A row of the table in docs/configuration.md. */
function row(name: string): string {
  const code = (text: string | undefined): string => (text === undefined ? '' : `\`${text}\``);
  const { default: fallback } = properties[`storyloop.${name}`] ?? {};
  const cells = [
    code(`storyloop.${name}`),
    windowOnly.includes(name) ? '' : code(name),
    code(variableOf(name)),
    code(flagOf(name)),
    code(JSON.stringify(fallback)),
  ];
  return `| ${cells.join(' | ')} |`;
}

describe('Every setting', () => {
  it('has the same name in package.json and in a configuration file', () => {
    assert.deepEqual(names.filter((name) => !windowOnly.includes(name)).sort(), leaves(configSchema).sort());
  });

  it('of the hub may be the same in package.json and elsewhere, has the same default, and is for the machine alone', () => {
    for (const name of names.filter(isHub)) {
      const { schema, fallback } = hubSetting(name);
      const { type, minimum, maximum, enum: values } = z.toJSONSchema(schema);
      const property = properties[`storyloop.${name}`];
      assert.deepEqual(
        [property?.type, property?.minimum, property?.maximum, property?.enum, property?.default, property?.scope],
        [type, minimum, maximum, values, fallback, 'machine'],
        name,
      );
    }
  });

  it('of runs has the default that the command line has', () => {
    for (const [name, fallback] of Object.entries(runDefaults)) {
      assert.equal(properties[`storyloop.${name}`]?.default, fallback, name);
    }
  });

  it('stands in the table of docs/configuration.md with its names and its default, and nothing else does', () => {
    const page = readFileSync('docs/configuration.md', 'utf8');
    const rows = page
      .split('\n')
      .filter((line) => line.startsWith('| `storyloop.'))
      .map((line) => line.replaceAll(/ +/g, ' '));
    assert.deepEqual(
      rows,
      names.map((name) => row(name).replaceAll(/ +/g, ' ')),
    );
  });

  it('that is a flag of a run is one in the program, too', () => {
    const program = readFileSync('src/cli/main.ts', 'utf8');
    for (const flag of Object.values(runFlags)) assert.ok(program.includes(`'${flag.split(' ')[1] ?? ''} <`), flag);
  });

  it('that a variable names is known', () => {
    for (const place of Object.values(runVariables)) assert.ok(names.includes(placeOf(place('1'))));
  });
});
