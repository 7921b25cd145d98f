import type { Config } from './config.js';

/** The programs that agents are, as a configuration names them: those that a run could use. */
export function agentPrograms({ agents }: Config): readonly { readonly name: string; readonly program: string }[] {
  const [command] = agents?.command?.argv ?? [];
  return [
    { name: 'claude', program: agents?.claude?.path ?? 'claude' },
    ...(command === undefined ? [] : [{ name: 'command', program: command }]),
  ];
}
