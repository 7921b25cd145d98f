import type { Config } from '../config/config.js';
import { commandGates, type Gate } from '../config/gates.js';
import { auditGates } from './auditGates.js';
import { hookGate } from './hookGate.js';

/**
 * What checks the files in `root`, in the order in which it runs: the user's hook first, as it may change what is then
 * checked. `checkout`: the user's, where hooks are installed. A configured gate takes the place of the hook; who configures
 * gates has no audits but those.
 */
export async function resolveGates(root: string, config: Config, checkout = root): Promise<Gate[]> {
  const commands = await commandGates(root, config);
  const hooks = await hookGate(root, checkout);
  const audits = config.gates || config.securityScan === false ? [] : await auditGates(root);
  return [...hooks.filter(({ name }) => !commands.some((gate) => gate.name === name)), ...commands, ...audits];
}
