import { open, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { isDiskFull } from '../records/durability.js';

const reservedBytes = 64 * 1024;

/** A file that only takes up room: when the disk is full, letting it go makes room for the journal's last words. */
export class Reserve implements AsyncDisposable {
  constructor(readonly file: string) {}

  /** Takes the room again; false when there is none. */
  async take(): Promise<boolean> {
    try {
      const handle = await open(this.file, 'w', 0o600);
      try {
        // Not zeros: some file systems would take no room for them.
        await handle.writeFile(crypto.getRandomValues(new Uint8Array(reservedBytes)));
        await handle.sync();
      } finally {
        await handle.close();
      }
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await this.release();
      return false;
    }
  }

  async release(): Promise<void> {
    await rm(this.file, { force: true });
  }

  /** Whether the disk has room for `times` as much as is reserved. */
  async hasRoom(times: number): Promise<boolean> {
    const { blocks, bavail, bsize } = await statfs(path.dirname(this.file));
    // Some network file systems say nothing of their size.
    return blocks === 0 || bavail * bsize >= times * reservedBytes;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
