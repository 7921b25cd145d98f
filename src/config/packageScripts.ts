import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

const packageSchema = z.object({ scripts: z.record(z.string(), z.string()).optional() });

/** npm scripts of a folder's package.json; empty when there is none, undefined when it cannot be understood. */
export async function packageScripts(root: string): Promise<ReadonlyMap<string, string> | undefined> {
  let text: string;
  try {
    text = await readFile(path.join(root, 'package.json'), 'utf8');
  } catch {
    return new Map();
  }
  try {
    const { scripts } = packageSchema.parse(JSON.parse(text.replace(/^\uFEFF/, '')));
    return new Map(Object.entries(scripts ?? {}));
  } catch {
    return undefined;
  }
}
