import { CHROMIUM_HINT, ensureChromium } from './chromium.mjs';
import { ensureFaketime } from './faketime.mjs';
import { ensurePython } from './python.mjs';
import { ensureVscodeServer } from './vscodeServer.mjs';

/** Stands for a suite that needs no VS Code, but a browser. */
export const CHROMIUM = 'chromium';

/**
 * Gets this machine ready for tests in the given versions of VS Code, all at once. For each version, and for
 * {@link CHROMIUM}: undefined, or why its tests cannot run here. The few tests that need `python` or another clock say so themselves.
 */
export async function prepareMachine(versions, { python = false } = {}) {
  const withPython = python && Promise.all([attempt(ensurePython), attempt(ensureFaketime)]);
  const chromium = attempt(async () => {
    if (!(await ensureChromium())) throw new Error(CHROMIUM_HINT);
  });
  const obstacles = await Promise.all(
    versions.map(async (version) => (await attempt(() => ensureVscodeServer(version))) ?? (await chromium)),
  );
  await withPython;
  return new Map([[CHROMIUM, await chromium], ...versions.map((version, index) => [version, obstacles[index]])]);
}

const attempt = (action) =>
  action().then(
    () => undefined,
    (error) => error.message,
  );
