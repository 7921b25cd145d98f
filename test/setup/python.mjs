import { canInstallPackages, installPackages } from './debianPackages.mjs';
import { run } from './processes.mjs';

export const PYTHON_HINT = 'needs Python 3 with the package "websockets" (Debian: python3-websockets)';
export const SOCKETIO_HINT =
  'needs Python 3 with the packages "python-socketio", "requests" and "websocket-client" ' +
  '(Debian: python3-socketio, python3-requests, python3-websocket)';

const socketIo = ['socketio', 'requests', 'websocket'];

/** A Python that has the packages that tests use, installed first where that is possible. */
export async function ensurePython() {
  if ((await findPython('websockets', ...socketIo)) || !canInstallPackages()) return;
  await installPackages(['python3-websockets', 'python3-socketio', 'python3-requests', 'python3-websocket']);
}

/** The first on PATH need not be the system's own, for which packages are installed. */
export async function findPython(...modules) {
  for (const python of ['python3', 'python', '/usr/bin/python3']) {
    const program = `import sys, ${modules.join(', ')}; assert sys.version_info >= (3, 8)`;
    const works = await run(python, ['-c', program]).then(
      () => true,
      () => false,
    );
    if (works) return python;
  }
  return undefined;
}

export const findPythonWithSocketIo = () => findPython(...socketIo);
