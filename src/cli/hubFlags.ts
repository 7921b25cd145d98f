import { Option, type Command } from 'commander';
import { hubSettings, hubSettingNames, valueOf, type HubSettingName } from '../config/hubConfig.js';
import type { Given } from '../config/loadHubConfig.js';

const optionOf = (name: HubSettingName): Option => new Option(hubSettings[name].flag);

/** The hub's settings as flags of a command; what they are worth is checked with all other sources. */
export function addHubFlags(command: Command): Command {
  for (const name of hubSettingNames) {
    const { about, fallback } = hubSettings[name];
    const usual = typeof fallback === 'boolean' || Array.isArray(fallback) ? '' : ` (default: ${String(fallback)})`;
    command.addOption(new Option(hubSettings[name].flag, `${about}${usual}`));
  }
  return command;
}

/** What of a command's options are settings of the hub, by their names. */
export function givenFlags(options: Readonly<Record<string, unknown>>): Given {
  return Object.fromEntries(
    hubSettingNames.flatMap((name) => {
      const value = options[optionOf(name).attributeName()];
      if (value === undefined) return [];
      return [[name, typeof value === 'string' ? valueOf(hubSettings[name], value) : value]];
    }),
  );
}

/** How a person writes one: `--port`. */
export function flagOf(setting: string): string {
  const name = hubSettingNames.find((known) => known === setting);
  return name === undefined ? setting : (optionOf(name).long ?? name);
}
