import * as z from 'zod';
import { logLevels } from '../primitives/logger.js';

/** One setting of the hub: where it can be said, and what it may be. */
interface HubSetting {
  readonly schema: z.ZodType;
  /** What it may be, for people: part of the error for every other value. */
  readonly allowed: string;
  readonly fallback: unknown;
  readonly variable: string;
  /** Of `storyloop serve`. */
  readonly flag: string;
  /** For a repeated flag, and for a variable with commas. */
  readonly isList?: true;
  readonly about: string;
}

const whole = (least: number, most: number) => ({
  schema: z.number().int().min(least).max(most),
  allowed: `a whole number from ${least} to ${most}`,
});

/** An origin as browsers write it: scheme, host and port, nothing after it. */
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text);

/**
 * What the hub can be told, once: the names are those of the settings `storyloop.hub.*` and of the section `hub` in
 * `~/.storyloop/config.json`. All of it concerns the whole machine: nothing of it is read from a repository.
 */
export const hubSettings = {
  port: {
    ...whole(0, 65_535),
    fallback: 18_790,
    variable: 'STORYLOOP_HUB_PORT',
    flag: '--port <port>',
    about: 'port on 127.0.0.1; 0 for any free one',
  },
  logLevel: {
    schema: z.enum(logLevels),
    allowed: logLevels.join(', '),
    fallback: 'info',
    variable: 'STORYLOOP_HUB_LOG_LEVEL',
    flag: '--log-level <level>',
    about: "the least that goes to the hub's structured log",
  },
  logMaxAgeDays: {
    ...whole(1, 3_650),
    fallback: 30,
    variable: 'STORYLOOP_HUB_LOG_MAX_AGE_DAYS',
    flag: '--log-max-age-days <days>',
    about: 'events are kept so long',
  },
  logMaxBytes: {
    ...whole(64 * 1024 ** 2, 1024 ** 4),
    fallback: 1024 ** 3,
    variable: 'STORYLOOP_HUB_LOG_MAX_BYTES',
    flag: '--log-max-bytes <bytes>',
    about: 'all stored events together; the oldest go first',
  },
  maxConnections: {
    ...whole(1, 10_000),
    fallback: 256,
    variable: 'STORYLOOP_HUB_MAX_CONNECTIONS',
    flag: '--max-connections <number>',
    about: 'connections at a time',
  },
  allowedOrigins: {
    schema: z.array(origin).max(100),
    allowed: 'origins such as "http://localhost:3000", without a path and without "*"',
    fallback: [],
    variable: 'STORYLOOP_HUB_ALLOWED_ORIGINS',
    flag: '--allow-origin <origin...>',
    isList: true,
    about: 'origins of your own pages, which need a token as everybody does',
  },
  allowTokenlessClients: {
    schema: z.boolean(),
    allowed: 'true or false',
    fallback: false,
    variable: 'STORYLOOP_HUB_ALLOW_TOKENLESS_CLIENTS',
    flag: '--allow-tokenless-clients',
    about: 'programs on this machine may read and publish without a token',
  },
} as const satisfies Record<string, HubSetting>;

export type HubSettingName = keyof typeof hubSettings;

export const hubSettingNames = Object.keys(hubSettings) as HubSettingName[];

type Schemas = { [Name in HubSettingName]: z.ZodOptional<(typeof hubSettings)[Name]['schema']> };

/** The section `hub` of a configuration; what is absent has its default. */
export const hubSection = z.strictObject(
  Object.fromEntries(hubSettingNames.map((name) => [name, hubSettings[name].schema.optional()])) as Schemas,
);
/** What one source says. */
export type HubSection = z.infer<typeof hubSection>;
/** With defaults filled in. The names are those of the hub's options. */
export type HubConfig = { readonly [Name in HubSettingName]-?: NonNullable<HubSection[Name]> };

export const hubDefaults: HubConfig = hubSection
  .required()
  .parse(Object.fromEntries(hubSettingNames.map((name) => [name, hubSettings[name].fallback])));

/** What the environment says, one section for each variable that is set, not checked yet. */
export function hubVariables(
  env: Readonly<Record<string, string | undefined>>,
): readonly { readonly variable: string; readonly section: object }[] {
  return hubSettingNames.flatMap((name) => {
    const setting: HubSetting = hubSettings[name];
    const { variable } = setting;
    const text = env[variable];
    return text === undefined || text === '' ? [] : [{ variable, section: { [name]: valueOf(setting, text) } }];
  });
}

const flags: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/** What a text means, of a variable or a flag; what it cannot mean stays as it is, for the schema to refuse. */
export function valueOf({ fallback, isList }: Pick<HubSetting, 'fallback' | 'isList'>, text: string): unknown {
  const plain = text.trim();
  if (isList) return plain.split(',').map((part) => part.trim());
  if (typeof fallback === 'boolean') return flags.get(plain) ?? text;
  return typeof fallback === 'number' && /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : text;
}
