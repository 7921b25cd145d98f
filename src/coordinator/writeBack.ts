import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { setPasses } from '../prd/writeBack.js';
import { failpoint } from '../primitives/failpoint.js';
import { err, ok, type Result } from '../primitives/result.js';
import { writeAtomically } from '../session/atomicFile.js';
import type { RunPaths } from '../session/paths.js';

const TRIES = 5;

/**
 * Sets one story's status in the user's PRD file: the smallest edit, atomic, on the bytes as they are at that moment;
 * the replaced bytes are kept in the run. Answers the SHA-256 of the file's content afterwards.
 */
export async function writeBack(
  prdFile: string,
  run: RunPaths,
  storyId: string,
  passes: boolean,
): Promise<Result<string, string>> {
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    let before: Buffer;
    let mode: number;
    try {
      before = await readFile(prdFile);
      mode = (await stat(prdFile)).mode & 0o777;
    } catch (error) {
      return err(`${prdFile} cannot be read: ${String(error)}`);
    }
    const edited = setPasses(before.toString('utf8'), storyId, passes);
    if (!edited.ok) return edited;
    const after = Buffer.from(edited.value, 'utf8');
    if (after.equals(before)) return ok(sha256(before));
    await writeAtomically(run.replacedPrd(storyId), before);
    failpoint('coordinator.prd-kept');
    // Somebody saved it meanwhile: their bytes win, ours are made again on top.
    if (sha256(await readFile(prdFile).catch(() => Buffer.alloc(0))) !== sha256(before)) continue;
    await writeAtomically(prdFile, after, mode);
    failpoint('coordinator.prd-written');
    return ok(sha256(after));
  }
  return err(`${prdFile} keeps changing; its status was not written`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
