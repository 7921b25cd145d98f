import { existsSync } from 'node:fs';
import { run } from './processes.mjs';
import { step } from './step.mjs';

/** Only root on a Debian may install what is missing; everybody else is told its name. */
export const canInstallPackages = () => existsSync('/etc/debian_version') && process.getuid?.() === 0;

let last = Promise.resolve();

/** One installation at a time: dpkg's lock admits no second one. */
export function installPackages(names) {
  const next = last.then(() =>
    step(`Installing ${names.join(', ')}`, async () => {
      const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
      await run('apt-get', ['update'], options);
      await run('apt-get', ['install', '-y', '-o', 'DPkg::Lock::Timeout=300', ...names], options);
    }),
  );
  last = next.catch(() => undefined);
  return next;
}
