import { err, ok, type Result } from '../primitives/result.js';
import { readDiscovery, type Discovery } from '../session/discovery.js';
import { currentHolder } from '../session/holder.js';
import { Ownership, type Held } from '../session/ownership.js';
import { Hub, type HubOptions } from './hub.js';

/** Somebody else is the hub; `discovery` tells where, once it listens. */
export interface OtherHub extends Held {
  readonly discovery: Discovery | undefined;
}

/**
 * Makes this process the hub, or says who is. A dead hub is replaced at once, with its log and its token. Throws when the
 * user's state cannot be used (not private, full disk).
 */
export async function becomeHub(
  options: Omit<HubOptions, 'ownership'> & {
    /** What this process is, for people: "VS Code", "storyloop serve". */
    readonly role: string;
  },
): Promise<Result<Hub, OtherHub>> {
  const { user, clock, logger, role } = options;
  const ownership = await Ownership.acquire({
    terms: user.hubTerms,
    lockFile: user.hubLock,
    holder: currentHolder(role),
    waitMs: 0,
    clock,
    logger,
  });
  if (!ownership.ok) return err({ ...ownership.error, discovery: await readDiscovery(user) });
  return ok(await Hub.start({ ...options, ownership: ownership.value }));
}
