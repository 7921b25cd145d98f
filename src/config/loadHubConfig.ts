import type { UserPaths } from '../session/paths.js';
import {
  hubDefaults,
  hubSection,
  hubSettings,
  hubSettingNames,
  hubVariables,
  type HubConfig,
  type HubSection,
} from './hubConfig.js';
import { readJson } from './jsonFile.js';

/** Settings or flags that a person gave, by name; what is absent was not given. */
export type Given = Readonly<Record<string, unknown>>;

export interface HubConfigSources {
  readonly user: UserPaths;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of VS Code or of the command line: they win. */
  readonly given: Given;
  /** How a person knows one of them: `setting storyloop.hub.port`, `--port`. */
  readonly nameOf: (setting: string) => string;
}

export interface LoadedHubConfig {
  readonly config: HubConfig;
  /** Everything that is wrong: its source, its name, and what is allowed. It is left out of `config`. */
  readonly faults: readonly string[];
}

/** `~/.storyloop/config.json` ← environment ← what was given. A repository has no say. */
export async function loadHubConfig({ user, env, given, nameOf }: HubConfigSources): Promise<LoadedHubConfig> {
  const faults: string[] = [];
  const file = await readJson(user.config, user.config);
  if (!file.ok) faults.push(file.error);
  const whole = file.ok && typeof file.value === 'object' && file.value !== null ? file.value : {};
  const section = 'hub' in whole ? whole.hub : {};
  const isSection = typeof section === 'object' && section !== null && !Array.isArray(section);
  if (!isSection) faults.push(`${user.config}: hub: expected an object`);
  const layers = [
    valid(isSection ? section : {}, (name) => `${user.config}: hub.${name}`, faults),
    ...hubVariables(env).map(({ variable, section: said }) => valid(said, () => variable, faults)),
    valid(given, nameOf, faults),
  ];
  return { config: Object.assign({}, hubDefaults, ...layers) as HubConfig, faults };
}

/** What of a section can be used; the rest is told. */
function valid(section: object, where: (name: string) => string, faults: string[]): HubSection {
  const usable: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(section)) {
    if (value === undefined) continue;
    const setting = hubSettingNames.find((known) => known === name);
    const parsed = setting && hubSection.shape[setting].safeParse(value);
    if (setting === undefined)
      faults.push(`${where(name)}: there is no such setting; there are ${hubSettingNames.join(', ')}`);
    else if (parsed?.success) usable[name] = parsed.data;
    else faults.push(`${where(name)}: ${shown(value)} is not possible; allowed: ${hubSettings[setting].allowed}`);
  }
  return usable;
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 100);
}
