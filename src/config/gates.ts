import { commandText } from './commandText.js';
import type { Config, GateConfig } from './config.js';
import { packageScripts } from './packageScripts.js';
import { testTemplate } from './testCommand.js';

interface GateCommand {
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  /** What it comes to, for people to see and approve; another text is another gate. */
  readonly text: string;
  /** Otherwise what it finds is a warning. */
  readonly required: boolean;
}

/**
 * A check that we run on results. `command`: on every one. `hook`: with everything staged, and what it changes there goes
 * into the result; `reads` are those of its files that the repository holds. `audit`: looks known vulnerabilities up, of what the files in `reads` name, when one of them changed.
 */
export type Gate = GateCommand &
  ({ readonly kind: 'command' } | { readonly kind: 'hook' | 'audit'; readonly reads: readonly string[] });

const SCRIPTS = ['test', 'typecheck', 'lint'];

/** What `npm init` writes: it always fails, and checks nothing. */
const PLACEHOLDER = /^echo ["']Error: no test specified["'] && exit 1$/;

/**
 * The configured gates, else the npm scripts test, typecheck and lint that exist. A package.json that cannot be read
 * is no reason to check nothing: npm's own complaint then fails the gate.
 */
export async function commandGates(root: string, config: Config): Promise<Gate[]> {
  if (config.gates) {
    return Object.entries(config.gates).flatMap(([name, configured]) => {
      const argv = gateCommand(configured);
      const required = Array.isArray(configured) || configured.required !== false;
      return gate(name, argv, commandText(argv), required);
    });
  }
  const scripts = await packageScripts(root);
  if (!scripts) return gate('test', npmRun('test'), 'npm run test → package.json cannot be understood');
  return SCRIPTS.flatMap((name) => {
    const script = scripts.get(name);
    if (script === undefined || PLACEHOLDER.test(script)) return [];
    // npm runs these around it without being asked.
    const all = [scripts.get(`pre${name}`), script, scripts.get(`post${name}`)].filter((part) => part !== undefined);
    return gate(name, npmRun(name), `npm run ${name} → ${all.join(' && ')}`);
  });
}

/** How to run one test (see Config.testCommand): configured, else derived from the npm script test. */
export async function deriveTestCommand(root: string, config: Config): Promise<readonly string[] | undefined> {
  if (config.testCommand) return config.testCommand;
  const script = (await packageScripts(root))?.get('test');
  return script === undefined ? undefined : testTemplate(script);
}

/** The argument vector of a configured gate. */
export function gateCommand(configured: GateConfig): readonly string[] {
  return Array.isArray(configured) ? configured : configured.command;
}

function npmRun(script: string): string[] {
  return ['npm', 'run', '--silent', script];
}

function gate(name: string, [program, ...rest]: readonly string[], text: string, required = true): Gate[] {
  return program === undefined ? [] : [{ kind: 'command', name, argv: [program, ...rest], text, required }];
}
