import * as z from 'zod';
import type { ClientFrame, ErrorCode, HubFrame } from '../src/events/frames.js';
import { isSessionOver, SESSION_OVER, type HubAccess } from './hubAccess.js';

const accepted = z.object({ intent_id: z.string() });
const refused = z.object({ code: z.custom<ErrorCode>((code) => typeof code === 'string'), message: z.string() });

/** Asks a run for something, by HTTP: that answers whichever way events come. */
export async function askRun(access: HubAccess, frame: ClientFrame): Promise<HubFrame<never>> {
  const id = frame.id === undefined ? {} : { id: frame.id };
  if (!('run_id' in frame)) {
    return { op: 'error', ...id, code: 'INVALID_FRAME', message: `The dashboard has no use for ${frame.op}.` };
  }
  const { op, run_id: runId, story_id, ac_index, question_id, answer: text } = frame;
  try {
    const route = `/api/runs/${encodeURIComponent(runId)}/${op.slice('run.'.length)}`;
    const answer = await access.post(route, { story_id, ac_index, question_id, answer: text });
    if (isSessionOver(answer)) return { op: 'error', ...id, code: 'UNAUTHORIZED', message: SESSION_OVER };
    const body: unknown = await answer.json();
    return answer.ok ? { op: 'ok', ...id, ...accepted.parse(body) } : { op: 'error', ...id, ...refused.parse(body) };
  } catch {
    return { op: 'error', ...id, code: 'UNAVAILABLE', message: 'The hub did not answer.' };
  }
}
