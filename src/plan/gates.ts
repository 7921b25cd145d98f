import type { Config } from '../config/config.js';
import { commandGates, type Gate } from '../config/gates.js';
import { hookGate } from './hookGate.js';

/**
 * What checks the files in `root`, in the order in which it runs: the user's hook first, as it may change what is then
 * checked. `checkout`: the user's, where hooks are installed. A configured gate takes the place of one that we find.
 */
export async function resolveGates(root: string, config: Config, checkout = root): Promise<Gate[]> {
  const commands = await commandGates(root, config);
  const found = await hookGate(root, checkout);
  return [...found.filter(({ name }) => !commands.some((gate) => gate.name === name)), ...commands];
}
