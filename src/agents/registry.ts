import type { ResolvedConfig } from '../config/config.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Agent } from './agent.js';
import { claudeAgent } from './claude.js';
import { commandAgent } from './command.js';
import { scriptedAgent } from './scripted.js';

/** How the agent of a name is made from the configuration, or what is missing in it. */
const agents: Readonly<Record<string, (config: ResolvedConfig, model?: string) => Result<Agent, string>>> = {
  claude: ({ agents }, model) => ok(claudeAgent({ ...agents?.claude, ...(model !== undefined && { model }) })),
  command: ({ agents }) => {
    const [program, ...args] = agents?.command?.argv ?? [];
    return program === undefined
      ? err(
          'The agent "command" needs to know what to run. Set storyloop.agents.command, for example {"argv": ["my-agent", "--prompt", "{prompt_file}"]}, or choose another agent (on the command line: --agent).',
        )
      : ok(commandAgent([program, ...args]));
  },
  scripted: ({ agents }) =>
    agents?.scripted
      ? ok(scriptedAgent(agents.scripted.script))
      : err('The agent "scripted" needs a script. Set storyloop.agents.scripted (on the command line: --script).'),
};

/** The agent that a configuration names, with another model than its own; the error says what to set. */
export function createAgent(config: ResolvedConfig, model?: string): Result<Agent, string> {
  const create = Object.hasOwn(agents, config.agent) ? agents[config.agent] : undefined;
  if (!create) return err(`There is no agent "${config.agent}". Known agents: ${Object.keys(agents).join(', ')}.`);
  const created = create(config, model);
  return created.ok && model !== undefined && !created.value.takesModel
    ? err(
        `The agent "${config.agent}" cannot be told a model ("${model}"). Take it out of storyloop.ladder, or storyloop.reviewer.`,
      )
    : created;
}
