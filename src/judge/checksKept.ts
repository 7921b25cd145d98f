import { changesBetween, fileIn, filesIn } from '../git/changes.js';
import { gitText, type GitFailure } from '../git/git.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { AttemptState } from '../state/runState.js';
import type { AttemptFailure } from '../attempt/attemptFailure.js';
import type { AttemptContext } from '../attempt/attemptContext.js';
import { isManifest, toolOf, type Manifest } from './gateConfiguration.js';
import { languages } from './testFiles.js';
import { weakenedChecks, type AttemptChanges } from './weakenedChecks.js';

/** More than that helps nobody. */
const MOST_LINES = 30;

/** Whether the attempt left the checks as strict as they were; else which ones it weakened, for the agent and for a person. */
export async function checksAreKept(context: AttemptContext, commit: string): Promise<Result<void, AttemptFailure>> {
  const changes = await changesOf(context, commit);
  if (!changes.ok) return err({ reason: 'git-failed', feedback: gitText(changes.error) });
  const weakened = weakenedChecks(changes.value).map(({ file, what }) => `- ${file}: ${what}`);
  if (weakened.length === 0) return ok(undefined);
  const more = weakened.length > MOST_LINES ? [`- and ${weakened.length - MOST_LINES} more`] : [];
  return err({
    reason: 'checks-weakened',
    feedback: [
      'The attempt makes checks weaker:',
      ...weakened.slice(0, MOST_LINES),
      ...more,
      'Leave tests, gates and their configuration as strict as they were. Whether they may change is for a person to decide.',
    ].join('\n'),
  });
}

/** Whether it was told once and came again: then a person has to decide. */
export function insistsOnWeakening(attempts: readonly AttemptState[]): boolean {
  return attempts.filter(({ reason }) => reason === 'checks-weakened').length > 1;
}

async function changesOf({ plan, base }: AttemptContext, commit: string): Promise<Result<AttemptChanges, GitFailure>> {
  const { root } = plan.repository;
  const changes = await changesBetween(root, base, commit, Object.values(languages).flat());
  if (!changes.ok) return changes;
  const manifests: Manifest[] = [];
  for (const { path, kind } of changes.value.files) {
    if (kind === 'added' || !isManifest(path)) continue;
    const before = await fileIn(root, base, path);
    const after = await fileIn(root, commit, path);
    if (!before.ok) return before;
    if (!after.ok) return after;
    manifests.push({ path, before: before.value, after: after.value });
  }
  const configures = changes.value.files.some(({ kind, path }) => kind !== 'modified' && toolOf(path) !== undefined);
  const baseFiles = configures ? await filesIn(root, base) : ok([]);
  if (!baseFiles.ok) return baseFiles;
  const gateTexts = plan.gates.map(({ text }) => text);
  return ok({ ...changes.value, manifests, baseFiles: baseFiles.value, gateTexts });
}
