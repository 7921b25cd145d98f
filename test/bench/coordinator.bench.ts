import type { Envelope } from '../../src/events/envelope.js';
import { CommandLine, startRun } from '../rig/commandLine.js';
import { Workspace } from '../rig/workspace.js';

const STORIES = 200;

/** Stories that do nothing but sleep, at the same time. */
const SLEEPERS = 12;
const WORKERS = 4;
const SLEEP_MS = 10_000;

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

const named = (count: number): { id: string }[] =>
  Array.from({ length: count }, (_, index) => ({ id: `US-${String(index + 1).padStart(3, '0')}` }));

async function finished(run: CommandLine): Promise<readonly Envelope[]> {
  const result = await run.ended();
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return run.events;
}

async function oneAfterTheOther(): Promise<void> {
  // All in one file: a checkout takes git longer the more files there are, however few stories made them.
  const stories = named(STORIES).map(({ id }) => ({
    id,
    attempts: [[{ do: 'write', path: 'work.txt', content: id }] as const],
  }));
  await using workspace = await Workspace.withStories(stories);
  const times = ownTimes(await finished(startRun(workspace)));
  const tenth = STORIES / 10;
  const [first, last] = [times.slice(0, tenth), times.slice(-tenth)];
  console.log("Coordinator's own time per story (everything but agent and gates)");
  console.log(`  median of ${STORIES} stories    ${median(times)} ms (to reach: < 300 ms)`);
  console.log(`  first ${tenth}, last ${tenth}      ${median(first)} ms, ${median(last)} ms`);
}

async function atTheSameTime(): Promise<void> {
  await using workspace = await Workspace.withStories(named(SLEEPERS));
  // No program of ours, whose own start would be taken for the coordinator's time.
  const sleep = `sleep ${SLEEP_MS / 1_000}; echo done > "$0.txt"`;
  const agents = { command: { argv: ['sh', '-c', sleep, '{story_id}'] } };
  const config = JSON.parse(await workspace.read('../home/config.json')) as object;
  await workspace.write('../home/config.json', JSON.stringify({ ...config, agents }));
  const args = ['run', 'prd.json', '--agent', 'command', '--workers', String(WORKERS), '--yes', '--json'];
  const events = await finished(new CommandLine(workspace, args));
  const [first, last] = [events[0], events.at(-1)];
  const took = Date.parse(last?.timestamp ?? '') - Date.parse(first?.timestamp ?? '');
  const ideal = (SLEEPERS / WORKERS) * SLEEP_MS;
  console.log(`${SLEEPERS} independent stories whose agents sleep ${SLEEP_MS / 1_000} s, ${WORKERS} workers`);
  console.log(`  of the ideal time      ${(took / ideal).toFixed(3)} x (to reach: < 1.15 x)`);
}

async function main(): Promise<void> {
  await oneAfterTheOther();
  await atTheSameTime();
}

void main();
