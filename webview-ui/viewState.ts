import * as z from 'zod';
import { writtenAnswer } from './writtenAnswer.js';

/** Where the user is in the dashboard; survives a reload of the page. */
const viewState = z.object({
  /** The run that was picked by hand; without it the newest one is shown. */
  run: z.string().optional(),
  /** Stories that were opened or closed by hand, by `<run>/<story>`. */
  expanded: z.record(z.string(), z.boolean()),
  filter: z.string(),
  /** What was written to agents that ask, and is not in the run yet. */
  answers: z.array(writtenAnswer).default([]),
});
export type ViewState = z.infer<typeof viewState>;

const MOST_EXPANDED = 500;

/** Takes what was saved, if it is still of use. */
export function restoreView(saved: unknown): ViewState {
  const parsed = viewState.safeParse(saved);
  return parsed.success ? parsed.data : { expanded: {}, filter: '', answers: [] };
}

/** Remembers what the user did with a story; the oldest of very many are forgotten. */
export function withExpanded(view: ViewState, runId: string, storyId: string, expanded: boolean): ViewState {
  const key = `${runId}/${storyId}`;
  const others = Object.entries(view.expanded).filter(([known]) => known !== key);
  return { ...view, expanded: Object.fromEntries([...others.slice(1 - MOST_EXPANDED), [key, expanded]]) };
}

/** What the user chose for a story, undefined when nothing. */
export function chosenExpansion(view: ViewState, runId: string, storyId: string): boolean | undefined {
  return view.expanded[`${runId}/${storyId}`];
}

/** Shows `run`; undefined follows the newest one. */
export function withRun({ expanded, filter, answers }: ViewState, run: string | undefined): ViewState {
  return { expanded, filter, answers, ...(run !== undefined && { run }) };
}
