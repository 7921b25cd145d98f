import * as z from 'zod';
import { intentName } from '../events/catalogue.js';
import { describe } from '../events/envelope.js';
import { clientFrame, type ClientFrame, type HubFrame } from '../events/frames.js';
import type { HubSnapshot } from '../state/snapshot.js';
import type { RunControl } from './runControl.js';
import type { RunStore } from './runStore.js';

/** `select`: show this run. */
export type DashboardFrame = HubFrame<HubSnapshot> | { readonly op: 'select'; readonly run_id: string };

const fromPage = z.union([z.object({ op: z.literal('ready') }), clientFrame]);

/** What the dashboard's page gets for a message: the whole state when it is there, an answer to a person's wish. */
export async function answerDashboard(
  message: unknown,
  store: RunStore,
  control: () => Promise<RunControl>,
): Promise<DashboardFrame> {
  const frame = fromPage.safeParse(message);
  if (!frame.success) return { op: 'error', code: 'INVALID_FRAME', message: describe(frame.error, []) };
  if (frame.data.op === 'ready') return { op: 'init', ...store.snapshot() };
  return answerWish(frame.data, store, control);
}

async function answerWish(
  frame: ClientFrame,
  store: RunStore,
  control: () => Promise<RunControl>,
): Promise<DashboardFrame> {
  const id = frame.id === undefined ? {} : { id: frame.id };
  const intent = intentName.safeParse(frame.op.replace(/^run\./, ''));
  if (!('run_id' in frame) || !intent.success) {
    return { op: 'error', ...id, code: 'INVALID_FRAME', message: `The dashboard has no use for ${frame.op}.` };
  }
  const run = store.run(frame.run_id);
  if (!run) return { op: 'error', ...id, code: 'UNKNOWN_RUN', message: 'This run is not known.' };
  const asked = await (await control()).request(run, { ...frame, intent: intent.data });
  if (!asked.ok) return { op: 'error', ...id, code: 'UNAVAILABLE', message: asked.error };
  return { op: 'ok', ...id, ...(asked.value && { intent_id: asked.value }) };
}
