import { existsSync } from 'node:fs';
import { canInstallPackages, installPackages } from './debianPackages.mjs';

export const FAKETIME_HINT = 'needs libfaketime (Debian: faketime)';

const folders = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib', '/usr/local/lib'];

/** The library by which a process is told another time, where there is one. */
export function findFaketime() {
  return folders.map((folder) => `${folder}/faketime/libfaketime.so.1`).find((file) => existsSync(file));
}

/** Installs it where that is possible. */
export async function ensureFaketime() {
  if (findFaketime() === undefined && canInstallPackages()) await installPackages(['faketime']);
}
