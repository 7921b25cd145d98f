import { agentPrograms } from '../config/agentPrograms.js';
import { readUserConfig } from '../config/loadConfig.js';
import { findExecutable } from '../processes/executable.js';
import type { UserPaths } from '../session/paths.js';

/** The agents that the user's own configuration names, each with its file if it is there. A repository may name others. */
export async function agentsFound(user: UserPaths): Promise<{ name: string; path: string | undefined }[]> {
  const config = await readUserConfig(user);
  const env = process.env as Record<string, string>;
  return agentPrograms(config.ok ? config.value : {}).map(({ name, program }) => ({
    name,
    path: findExecutable(program, env),
  }));
}
