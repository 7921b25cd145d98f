import { stat } from 'node:fs/promises';
import { setTimeout as after } from 'node:timers/promises';
import { askHub } from '../client/hubHttp.js';
import { firstCursor } from '../client/historyPage.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Discovery } from '../session/discovery.js';
import type { HubSnapshot } from '../state/snapshot.js';
import { prdIdOfFile } from './project.js';

interface WatchTarget {
  readonly filter: { readonly prds?: string[] };
  readonly since: string | undefined;
  /** What no run has been told of yet, so that it counts only as a whole name. */
  readonly unknownPrd?: string;
}

const askAgainMs = 500;
const answerWithinMs = 5_000;

/**
 * What `--prd` and `--since start` mean, which a hub has to say: waits for one. A PRD that the hub does not know is taken
 * by its name; it may come.
 */
export async function resolveWatch(wish: {
  readonly find: () => Promise<Discovery | undefined>;
  readonly prd: string | undefined;
  readonly since: string | undefined;
  readonly onAbsent: () => void;
  readonly signal: AbortSignal;
}): Promise<Result<WatchTarget, string> | 'interrupted'> {
  const { find, prd, since, onAbsent, signal } = wish;
  const file = prd === undefined ? undefined : await prdIdInFile(prd);
  const needsPrds = prd !== undefined && file === undefined;
  let prds = file === undefined ? undefined : [file];
  let unknownPrd: string | undefined;
  let from = since === 'start' ? undefined : since;
  while ((needsPrds && !prds) || (since === 'start' && from === undefined)) {
    if (signal.aborted) return 'interrupted';
    const hub = await find().catch(() => undefined);
    const known = hub && needsPrds ? await knownPrds(hub) : undefined;
    if (needsPrds && known) {
      const chosen = choosePrd(known, prd);
      if (!chosen.ok) return chosen;
      prds = [chosen.value];
      unknownPrd = known.includes(chosen.value) ? undefined : prd;
    }
    if (hub && since === 'start') from = await firstCursor(hub, answerWithinMs);
    if (hub && (!needsPrds || prds) && (since !== 'start' || from !== undefined)) break;
    if (!hub) onAbsent();
    await after(askAgainMs, undefined, { signal }).catch(() => undefined);
  }
  return ok({ filter: prds ? { prds } : {}, since: from, ...(unknownPrd !== undefined && { unknownPrd }) });
}

/** One PRD by its id or by a beginning of it. */
function choosePrd(known: readonly string[], text: string): Result<string, string> {
  if (known.includes(text)) return ok(text);
  const matching = [...new Set(known.filter((id) => id.startsWith(text)))];
  return matching.length > 1 ? err(`"${text}" is ambiguous: ${matching.join(', ')}`) : ok(matching[0] ?? text);
}

async function knownPrds(hub: Discovery): Promise<string[] | undefined> {
  const answer = await askHub(hub, '/api/state', { withinMs: answerWithinMs });
  return answer.ok ? (answer.value as { state: HubSnapshot }).state.runs.map((run) => run.prdId) : undefined;
}

async function prdIdInFile(prd: string): Promise<string | undefined> {
  const stats = await stat(prd).catch(() => undefined);
  return stats?.isFile() ? await prdIdOfFile(prd) : undefined;
}
