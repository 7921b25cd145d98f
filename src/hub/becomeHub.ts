import { err, ok, type Result } from '../primitives/result.js';
import { lastHubPort, readDiscovery, type Discovery } from '../session/discovery.js';
import { currentHolder, type Holder } from '../session/holder.js';
import { Ownership, type Held } from '../session/ownership.js';
import { Hub, type HubOptions } from './hub.js';

/** Somebody else is the hub; `discovery` tells where, once it listens. */
export interface OtherHub extends Held {
  readonly discovery: Discovery | undefined;
}

export interface BecomeHubOptions extends Omit<HubOptions, 'ownership' | 'previousPort' | 'takesOver'> {
  /** What this process is, for people: "VS Code", "storyloop serve". */
  readonly role: string;
  /** Waits until it is this process's turn, or this is aborted. Absent: answers at once. */
  readonly standby?: AbortSignal;
  /** Told of each hub that it waits for. */
  readonly onWaiting?: (holder: Holder) => void;
}

/** The heart beats every two seconds. A hub that was stopped, or hangs, is of no use to its clients, and the term outlaws it. */
const replaceStillMs = 10_000;

/**
 * Makes this process the hub, or says who is. A dead hub is replaced at once, a stopped one by who stood by; with its
 * log, its token and, if it can be had, its port. Throws when the user's state cannot be used (not private, full disk).
 */
export async function becomeHub(options: BecomeHubOptions): Promise<Result<Hub, OtherHub>> {
  const { user, clock, logger, role, standby, onWaiting } = options;
  const waitedFor = new Set<Holder>();
  const acquired = await Ownership.acquire({
    terms: user.hubTerms,
    lockFile: user.hubLock,
    holder: currentHolder(role),
    waitMs: standby ? Infinity : 0,
    clock,
    logger,
    replaceStillMs,
    onWaiting: (holder) => {
      waitedFor.add(holder);
      onWaiting?.(holder);
    },
    ...(standby && { signal: standby }),
  });
  if (!acquired.ok) return err({ ...acquired.error, discovery: await readDiscovery(user) });
  const ownership = acquired.value;
  // Those who were connected to the one before come back to where it was.
  const takesOver = waitedFor.size > 0 || ownership.previous?.released === false;
  const previousPort = await lastHubPort(user);
  return ok(await Hub.start({ ...options, ownership, takesOver, ...(previousPort !== undefined && { previousPort }) }));
}
