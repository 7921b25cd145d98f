import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pageFileTypes } from '../gate/pageFiles.js';
import type { Logger } from '../primitives/logger.js';

export interface DashboardFile {
  readonly type: string;
  readonly content: Buffer;
}

export type DashboardFiles = ReadonlyMap<string, DashboardFile>;

/**
 * Reads the page's files once, since an update may remove their folder while this process goes on. Without a folder, or
 * with one that lacks a file, there are none: the hub serves all the rest.
 */
export async function readDashboardFiles(folder: string | undefined, logger: Logger): Promise<DashboardFiles> {
  if (folder === undefined) return new Map();
  try {
    return new Map(
      await Promise.all(
        Object.entries(pageFileTypes).map(
          async ([name, type]) => [name, { type, content: await readFile(path.join(folder, name)) }] as const,
        ),
      ),
    );
  } catch (error) {
    logger.warn(`The dashboard cannot be served to browsers: ${String(error)}`);
    return new Map();
  }
}
