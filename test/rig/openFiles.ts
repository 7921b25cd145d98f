import { readdirSync, readlinkSync } from 'node:fs';

/** Files in `folder` that this process has open (Linux; elsewhere none are known). */
export function openFiles(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    const file = linkOf(descriptor);
    return file.startsWith(folder) ? [file] : [];
  });
}

function linkOf(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return ''; // It was that of the listing itself.
  }
}
