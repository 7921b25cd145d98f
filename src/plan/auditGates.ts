import { existsSync } from 'node:fs';
import path from 'node:path';
import { commandText } from '../config/commandText.js';
import type { Gate } from '../config/gates.js';
import { cleanEnvironment } from '../processes/environment.js';
import { findExecutable } from '../processes/executable.js';

/** One program that looks known vulnerabilities up, and prints JSON. */
interface Audit {
  readonly name: string;
  /** What has to be on the PATH. */
  readonly program: string;
  readonly argv: readonly [string, ...string[]];
  /** It needs one of them. */
  readonly needs: readonly string[];
  /** What else decides what it finds. */
  readonly alsoReads: readonly string[];
}

const pipAudit = ['pip-audit', '--format', 'json', '--progress-spinner', 'off'] as const;

const audits: readonly Audit[] = [
  {
    ...{ name: 'security', program: 'npm', argv: ['npm', 'audit', '--json'] },
    ...{ needs: ['package-lock.json', 'npm-shrinkwrap.json'], alsoReads: ['package.json', '.npmrc'] },
  },
  {
    ...{ name: 'security-pip', program: 'pip-audit', argv: [...pipAudit, '--requirement', 'requirements.txt'] },
    ...{ needs: ['requirements.txt'], alsoReads: [] },
  },
  {
    ...{ name: 'security-pip', program: 'pip-audit', argv: [...pipAudit, '.'] },
    ...{ needs: ['pyproject.toml'], alsoReads: [] },
  },
  {
    ...{ name: 'security-cargo', program: 'cargo-audit', argv: ['cargo', 'audit', '--json'] },
    ...{ needs: ['Cargo.lock'], alsoReads: ['Cargo.toml'] },
  },
];

/** Audits of what is there, with the programs that this machine has; they only warn. */
export function auditGates(root: string): Gate[] {
  const env = cleanEnvironment(process.env);
  const gates = new Map<string, Gate>();
  for (const { name, program, argv, needs, alsoReads } of audits) {
    const isNeeded = needs.some((file) => existsSync(path.join(root, file)));
    if (!isNeeded || gates.has(name) || findExecutable(program, env, root) === undefined) continue;
    const reads = [...needs, ...alsoReads];
    gates.set(name, { kind: 'audit', name, argv, text: commandText(argv), required: false, reads });
  }
  return [...gates.values()];
}
