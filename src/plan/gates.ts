import type { Config } from '../config/config.js';
import { commandGates, type Gate } from '../config/gates.js';
import { auditGates } from './auditGates.js';
import { hookGate } from './hookGate.js';

/**
 * What checks the files in `root`, in the order in which it runs: the user's hook first, as it may change what is then
 * checked. A configured gate takes the place of the hook.
 */
export async function resolveGates(root: string, config: Config): Promise<Gate[]> {
  const others = await resolveGatesBesideHook(root, config);
  const hooks = await hookGate(root, root);
  return [...hooks.filter(({ name }) => !others.some((gate) => gate.name === name)), ...others];
}

/** The same but for the hook. Who configures gates has no audits but those. */
export async function resolveGatesBesideHook(root: string, config: Config): Promise<Gate[]> {
  const commands = await commandGates(root, config);
  return config.gates || config.securityScan === false ? commands : [...commands, ...auditGates(root)];
}
