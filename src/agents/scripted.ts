import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.js';
import { agentFailed, type Agent } from './agent.js';
import { ASK_COMMAND, CLAIM_LINES, FINDING_LINES } from './agentLines.js';
import { runAgentProcess } from './agentProcess.js';
import { scriptSchema } from './script.js';
import player from './scriptedPlayer.ts?bundle';

/** Plays a script (see script.ts) instead of thinking: for tests, the demo and benchmarks. `script` is an absolute path. */
export function scriptedAgent(script: string): Agent {
  return {
    name: 'scripted',
    commandText: `Storyloop's scripted agent, playing ${script}`,
    takesModel: false,
    claiming: CLAIM_LINES,
    asking: ASK_COMMAND,
    reviewing: FINDING_LINES,
    check: () => checkScript(script),
    run: async (task) => {
      const usable = await checkScript(script);
      if (!usable.ok) return agentFailed(usable.error);
      // Without the threads for which Node may wait for ever at its end (nodejs/node#54918).
      return runAgentProcess(task, [process.execPath, '--single-threaded', '-e', player], {
        ELECTRON_RUN_AS_NODE: '1',
        STORYLOOP_SCRIPT: script,
        STORYLOOP_ROLE: task.role,
        STORYLOOP_STORY: task.storyId,
        STORYLOOP_ATTEMPT: String(task.attempt),
      });
    },
  };
}

async function checkScript(script: string): Promise<Result<void, string>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(script, 'utf8'));
  } catch (error) {
    return err(
      `The scripted agent's script ${script} cannot be read: ${error instanceof Error ? error.message : String(error)}. Set storyloop.agents.scripted to a script (on the command line: --script).`,
    );
  }
  const parsed = scriptSchema.safeParse(json);
  return parsed.success
    ? ok(undefined)
    : err(`The scripted agent's script ${script} is not valid:\n${z.prettifyError(parsed.error)}`);
}
