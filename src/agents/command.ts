import { commandText } from '../config/commandText.js';
import { err, ok } from '../primitives/result.js';
import { cleanEnvironment } from '../processes/environment.js';
import { findExecutable } from '../processes/executable.js';
import type { Agent, AgentTask } from './agent.js';
import { ASK_COMMAND, CLAIM_LINES, FINDING_LINES } from './agentLines.js';
import { runAgentProcess } from './agentProcess.js';

/**
 * An agent that is any program: `{prompt_file}`, `{story_id}` and `{worktree}` are replaced within its arguments, the
 * prompt is on its stdin too. What is replaced stays one argument, whatever it holds: there is no shell.
 */
export function commandAgent(template: readonly [string, ...string[]]): Agent {
  const [program] = template;
  return {
    name: 'command',
    commandText: commandText(template),
    takesModel: false,
    claiming: CLAIM_LINES,
    asking: ASK_COMMAND,
    reviewing: FINDING_LINES,
    check() {
      const found = findExecutable(program, cleanEnvironment(process.env));
      return Promise.resolve(
        found === undefined
          ? err(
              `The agent's program "${program}" was not found on the PATH. Install it, or name another command in storyloop.agents.command, or another agent in storyloop.agent (on the command line: --agent).`,
            )
          : ok(undefined),
      );
    },
    run: (task) => {
      const [file, ...args] = template;
      return runAgentProcess(task, [fill(file, task), ...args.map((arg) => fill(arg, task))]);
    },
  };
}

function fill(argument: string, task: AgentTask): string {
  return argument.replace(
    /\{(prompt_file|story_id|worktree)\}/g,
    (_, name: 'prompt_file' | 'story_id' | 'worktree') => {
      switch (name) {
        case 'prompt_file':
          return task.promptFile;
        case 'story_id':
          return task.storyId;
        case 'worktree':
          return task.worktree;
      }
    },
  );
}
