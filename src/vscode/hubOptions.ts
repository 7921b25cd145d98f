import { agentPrograms } from '../config/agentPrograms.js';
import type { HubConfig } from '../config/hubConfig.js';
import { readUserConfig } from '../config/loadConfig.js';
import { loadHubConfig } from '../config/loadHubConfig.js';
import type { Logger } from '../primitives/logger.js';
import { findExecutable } from '../processes/executable.js';
import type { UserPaths } from '../session/paths.js';
import { hubSettings } from './hubSettings.js';
import { setting } from './settings.js';

/** What this window's hub is to be like. What is wrong is told, and is as if nobody had said it: the defaults are the safe ones. */
export async function hubConfig(user: UserPaths, logger: Logger): Promise<HubConfig> {
  const nameOf = (name: string): string => `setting storyloop.hub.${name}`;
  const { config, faults } = await loadHubConfig({ user, env: process.env, given: hubSettings(), nameOf });
  for (const fault of faults) logger.error(`The hub's configuration: ${fault}`);
  return config;
}

/** The agents that this window's settings and the user's file name, each with its file if it is there. */
export async function agentsFound(user: UserPaths): Promise<{ name: string; path: string | undefined }[]> {
  const file = await readUserConfig(user);
  const { agents, ...config } = file.ok ? file.value : {};
  const path = setting('agents.claude.path');
  const argv = setting('agents.command.argv');
  const chosen = {
    ...agents,
    ...(path !== '' && path !== 'claude' && { claude: { path } }),
    ...(argv.length > 0 && { command: { argv } }),
  };
  const env = process.env as Record<string, string>;
  return agentPrograms({ ...config, agents: chosen }).map(({ name, program }) => ({
    name,
    path: findExecutable(program, env),
  }));
}
