import { createRequire } from 'node:module';
import type { Logger } from '../primitives/logger.js';

/**
 * A bundle of its own, for what few clients need: loaded at run time and by its path, as a bundler that saw it would put it
 * into the extension. Undefined when there is none, or its file is gone, as after an update; the latter is logged.
 */
export function loadBundle(file: string | undefined, logger: Logger): unknown {
  if (file === undefined) return undefined;
  try {
    return createRequire(file)(file);
  } catch (error) {
    logger.warn(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
