import type { Agent } from '../agents/agent.js';
import { createAgent } from '../agents/registry.js';
import type { ResolvedConfig } from '../config/config.js';
import { ok, type Result } from '../primitives/result.js';
import type { Ladder } from './ladder.js';

/** Who reviews what no command can prove. */
export interface Reviewer {
  readonly agent: Agent;
  /** The model that was named for it; undefined: the agent's own. */
  readonly model: string | undefined;
}

/** The configured one, else who makes the first attempt, with a fresh mind; the error says what to set. */
export function createReviewer(config: ResolvedConfig, [first]: Ladder): Result<Reviewer, string> {
  const { agent: name, model } = config.reviewer ?? {};
  if (name === undefined && model === undefined) return ok({ agent: first.agent, model: first.model });
  const agent = createAgent({ ...config, agent: name ?? first.agent.name }, model);
  return agent.ok ? ok({ agent: agent.value, model }) : agent;
}
