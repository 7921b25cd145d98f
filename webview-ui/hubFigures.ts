import * as z from 'zod';
import type { HubAccess } from './hubAccess.js';

const count = z.number();

/** What the page tells of `GET /api/stats`. */
const figures = z.object({
  connections: count,
  websockets: count,
  streams: count,
  socket_io: count,
  by_type: z.record(z.string(), count),
  events: z.object({ stored: count, published: count, delivered: count, waiting: count }),
  log: z.object({ last_seq: count, bytes: count }),
});
export type HubFigures = z.infer<typeof figures>;

/** Undefined when the hub does not answer, or is of another version. */
export async function askFigures(access: HubAccess): Promise<HubFigures | undefined> {
  try {
    return figures.safeParse(await (await access.get('/api/stats')).json()).data;
  } catch {
    return undefined;
  }
}
