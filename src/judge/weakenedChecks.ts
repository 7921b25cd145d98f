import type { ChangedFile, Changes } from '../git/changes.js';
import { overrides, toolOf, weakenedManifest, type Manifest } from './gateConfiguration.js';
import { isTestFile } from './testFiles.js';
import { weakenedLines } from './weakenedLines.js';

/** One thing by which an attempt made a check check less. */
export interface Weakening {
  readonly file: string;
  readonly what: string;
}

/** An attempt's change, and what else it takes to judge it. */
export interface AttemptChanges extends Changes {
  /** Of the files that changed, those that hold the configuration of checks besides other things. */
  readonly manifests: readonly Manifest[];
  /** All files of the base. */
  readonly baseFiles: readonly string[];
  /** The commands of the gates. */
  readonly gateTexts: readonly string[];
}

/** Tests that are gone or do not run, checks that are switched off, and changed configuration of gates. Pure. */
export function weakenedChecks(changes: AttemptChanges): Weakening[] {
  return [
    ...changes.files.flatMap((file) => lostTests(file)),
    ...changes.files.flatMap((file) => changedConfiguration(file, changes.baseFiles)),
    ...changes.manifests.flatMap((manifest) => weakenedManifest(manifest, changes.gateTexts)),
    ...weakenedLines(changes.lines),
  ];
}

/** No runner takes up a file that is no longer called a test either. */
function lostTests({ kind, path, from }: ChangedFile): Weakening[] {
  if (kind === 'deleted' && isTestFile(path)) return [{ file: path, what: 'deletes tests' }];
  if (from === undefined || !isTestFile(from) || isTestFile(path)) return [];
  return [{ file: from, what: `takes tests away by renaming them to ${path}` }];
}

function changedConfiguration({ kind, path, from }: ChangedFile, baseFiles: readonly string[]): Weakening[] {
  const what = (tool: string): string => `changes the configuration of ${tool}`;
  const before = kind === 'added' ? undefined : toolOf(from ?? path);
  if (before !== undefined) return [{ file: from ?? path, what: what(before) }];
  const tool = kind === 'added' || kind === 'renamed' ? toolOf(path) : undefined;
  return tool !== undefined && overrides(path, baseFiles) ? [{ file: path, what: what(tool) }] : [];
}
