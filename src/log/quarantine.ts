import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../primitives/logger.js';
import { defaultMaxAgeMs, defaultMaxBytes, type Retention } from './retention.js';

interface QuarantineOptions extends Retention {
  readonly dir: string;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

interface Aside {
  readonly path: string;
  readonly bytes: number;
  readonly since: number;
}

const prefix = 'quarantine-';

/** Where the damaged log is put in whose place the log `logId` begins. */
export const quarantineFolder = (dir: string, logId: string): string => path.join(dir, `${prefix}${logId}`);

/**
 * Removes damaged logs that were put aside, the oldest first: those that are as old as the log keeps events, and as many
 * besides that the rest has no more bytes than the log may have. The last one stays for its time, however large it is.
 */
export async function boundQuarantine(options: QuarantineOptions): Promise<void> {
  const { dir, logger, now = Date.now, maxBytes = defaultMaxBytes, maxAgeMs = defaultMaxAgeMs } = options;
  try {
    const names = (await readdir(dir)).filter((name) => name.startsWith(prefix));
    const all = await Promise.all(names.map((name) => measure(path.join(dir, name))));
    let bytes = 0;
    for (const [index, aside] of all.sort((a, b) => b.since - a.since).entries()) {
      bytes += aside.bytes;
      if (now() - aside.since <= maxAgeMs && (index === 0 || bytes <= maxBytes)) continue;
      await rm(aside.path, { recursive: true });
      logger.info(`A damaged log that was put aside is kept no longer: ${aside.path}`);
    }
  } catch (error) {
    logger.warn(`Damaged logs that were put aside could not be removed: ${String(error)}`);
  }
}

async function measure(folder: string): Promise<Aside> {
  const files = await Promise.all((await readdir(folder)).map((name) => stat(path.join(folder, name))));
  const { mtimeMs } = await stat(folder);
  return { path: folder, bytes: files.reduce((sum, { size }) => sum + size, 0), since: mtimeMs };
}
