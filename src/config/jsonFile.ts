import { readFile } from 'node:fs/promises';
import { errorCode } from '../primitives/errorCode.js';
import { err, ok, type Result } from '../primitives/result.js';

/** What a file holds; undefined when there is none. The error names `source`. */
export async function readJson(file: string, source: string): Promise<Result<unknown, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const isMissing = ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '');
    return isMissing ? ok(undefined) : err(`${source}: it cannot be read: ${String(error)}`);
  }
  try {
    return ok(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    return err(`${source}: it is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
