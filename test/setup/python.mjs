import { canInstallPackages, installPackages } from './debianPackages.mjs';
import { run } from './processes.mjs';

export const PYTHON_HINT = 'needs Python 3 with the package "websockets" (Debian: python3-websockets)';

/** A Python that has the package "websockets", installed first where that is possible. */
export async function ensurePython() {
  const found = await findPython();
  if (found || !canInstallPackages()) return found;
  await installPackages(['python3-websockets']);
  return findPython();
}

/** The first on PATH need not be the system's own, for which packages are installed. */
export async function findPython() {
  for (const python of ['python3', 'python', '/usr/bin/python3']) {
    const works = await run(python, ['-c', 'import sys, websockets; assert sys.version_info >= (3, 8)']).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}
