import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';
import type { Repository } from './repository.js';

/** By name: a key of the configuration with its values, a hook or a file of attributes with its hash. */
export type ProgramSettings = Readonly<Record<string, string>>;

/**
 * Keys by which git runs a program, reads further settings or goes to another place. What else stands in a repository's
 * configuration (branches, remotes, what editors note there) changes all the time; who commits is known from the start.
 */
const PROGRAM_KEYS = [
  /^core\.(hookspath|fsmonitor|sshcommand|editor|pager|askpass|attributesfile|excludesfile|worktree|gitproxy|alternaterefscommand)$/,
  /^(alias|pager|filter|include|includeif|credential|gpg|browser|man|mergetool|difftool|sequence|interactive|trailer)\./,
  /^(diff|merge)\..*\.?(textconv|command|driver|external)$/,
  /^(url\..*\.(insteadof|pushinsteadof)|remote\..*\.(uploadpack|receivepack|vcs|proxy)|submodule\..*\.update|http\..*proxy.*|protocol\..*)$/,
];

/** What of a repository's own settings can make git do something else: whoever changes it decides what git runs. */
export async function programSettings(repository: Repository): Promise<Result<ProgramSettings, GitFailure>> {
  const listed = await git(repository.root, ['config', '--local', '--no-includes', '--list', '-z']);
  if (!listed.ok) return listed;
  const settings: Record<string, string> = {};
  for (const entry of listed.value.split('\0')) {
    const [key = '', ...value] = entry.split('\n');
    if (!PROGRAM_KEYS.some((pattern) => pattern.test(key))) continue;
    settings[key] = [settings[key], value.join('\n')].filter((text) => text !== undefined).join('\n');
  }
  const hooks = path.join(repository.commonDir, 'hooks');
  for (const name of await readdir(hooks).catch(() => [])) {
    if (!name.endsWith('.sample')) settings[`hook ${name}`] = await hashOf(path.join(hooks, name));
  }
  const attributes = await hashOf(path.join(repository.commonDir, 'info', 'attributes'));
  if (attributes !== '') settings['info/attributes'] = attributes;
  return ok(settings);
}

/** Names of what is not the same. */
export function changedSettings(before: ProgramSettings, after: ProgramSettings): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name] !== after[name]).sort();
}

async function hashOf(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch {
    return '';
  }
}
