import type { Envelope } from '../../src/events/envelope.js';
import { startRun } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const STORIES = 40;

/** The coordinator's own time for each story: from its start to its end, less its agent and its gates. */
function ownTimes(events: readonly Envelope[]): number[] {
  const own = new Map<string, number>();
  const add = (storyId: string | undefined, ms: number): void => {
    if (storyId !== undefined) own.set(storyId, (own.get(storyId) ?? 0) + ms);
  };
  for (const event of events) {
    const at = Date.parse(event.timestamp);
    switch (event.type) {
      case 'story.started':
      case 'command.ended':
      case 'gate.completed':
        add(event.story_id, -at);
        break;
      case 'command.started':
      case 'gate.started':
      case 'story.completed':
        add(event.story_id, at);
        break;
    }
  }
  return [...own.values()];
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

async function main(): Promise<void> {
  const ids = Array.from({ length: STORIES }, (_, index) => ({ id: `US-${String(index + 1).padStart(3, '0')}` }));
  await using workspace = await Workspace.withStories(ids);
  const run = startRun(workspace);
  const result = await run.ended();
  if (result.exitCode !== 0) throw new Error(result.stderr);
  const times = ownTimes(run.events);
  const quarter = STORIES / 4;
  console.log("Coordinator's own time per story (everything but agent and gates)");
  console.log(`  median of ${STORIES} stories    ${median(times)} ms (to reach: < 300 ms)`);
  console.log(
    `  first ${quarter}, last ${quarter}       ${median(times.slice(0, quarter))} ms, ${median(times.slice(-quarter))} ms`,
  );
}

void main();
