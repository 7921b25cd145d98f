import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '../primitives/logger.js';

/** What the dashboard's page loads, by path, with its type. */
const types: Readonly<Record<string, string>> = {
  '/dashboard.js': 'text/javascript; charset=utf-8',
  '/dashboard.css': 'text/css; charset=utf-8',
  '/browser.css': 'text/css; charset=utf-8',
  '/codicon.css': 'text/css; charset=utf-8',
  '/codicon.ttf': 'font/ttf',
};

export interface DashboardFile {
  readonly type: string;
  readonly content: Buffer;
}

export type DashboardFiles = ReadonlyMap<string, DashboardFile>;

export function isDashboardFile(path: string): boolean {
  return Object.hasOwn(types, path);
}

/**
 * Reads the page's files once, since an update may remove their folder while this process goes on. Without a folder, or
 * with one that lacks a file, there are none: the hub serves all the rest.
 */
export async function readDashboardFiles(folder: string | undefined, logger: Logger): Promise<DashboardFiles> {
  if (folder === undefined) return new Map();
  try {
    return new Map(
      await Promise.all(
        Object.entries(types).map(
          async ([name, type]) => [name, { type, content: await readFile(path.join(folder, name)) }] as const,
        ),
      ),
    );
  } catch (error) {
    logger.warn(`The dashboard cannot be served to browsers: ${String(error)}`);
    return new Map();
  }
}
