import type { ScriptStep } from '../../src/agents/script.js';

/** Steps by which the agents of stories that run at the same time wait for each other. */

/** Tells the others, by a file beside the repository: a worktree lies four folders below its root. */
export function beginBeside(story: string): ScriptStep {
  return { do: 'shell', command: `touch ../../../../../${story}.begun` };
}

/** Ends when another story has told so. */
export function untilBegun(story: string): ScriptStep {
  return { do: 'wait-for', file: `${story}.begun` };
}

/** Ends when another story is part of the run's result. */
export function untilDone(story: string): ScriptStep {
  const tip = "$(git for-each-ref --format='%(refname)' 'refs/storyloop/*/tip')";
  const isDone = `git log --format=%s "${tip}" | grep -q '^${story}:'`;
  return { do: 'shell', command: `until ${isDone}; do sleep 0.05; done` };
}
