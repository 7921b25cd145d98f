import { ok, type Result } from '../primitives/result.js';
import { git, type GitFailure } from './git.js';

/** One ref of a run: its tip, or what an attempt left. */
export interface RunRef {
  readonly ref: string;
  readonly commit: string;
  /** Undefined for the tip. */
  readonly storyId: string | undefined;
  /** Whether a branch, a remote's branch or a tag has it, so that it stays when the ref goes. */
  readonly isMerged: boolean;
}

export async function refsOfRun(cwd: string, runId: string): Promise<Result<readonly RunRef[], GitFailure>> {
  const prefix = `refs/storyloop/${runId}/`;
  const listed = await git(cwd, ['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
  if (!listed.ok) return listed;
  const refs: RunRef[] = [];
  for (const row of listed.value.split('\n').filter((text) => text !== '')) {
    const commit = row.slice(0, row.indexOf(' '));
    const ref = row.slice(commit.length + 1);
    const args = ['--count=1', '--contains', commit, 'refs/heads', 'refs/remotes', 'refs/tags'];
    const holding = await git(cwd, ['for-each-ref', ...args]);
    if (!holding.ok) return holding;
    const [story, attempt] = ref.slice(prefix.length).split('/');
    refs.push({ ref, commit, storyId: attempt === undefined ? undefined : story, isMerged: holding.value !== '' });
  }
  return ok(refs);
}

/** All of them, or none when one has moved since it was looked at. */
export async function deleteRefs(cwd: string, refs: readonly RunRef[]): Promise<Result<void, GitFailure>> {
  if (refs.length === 0) return ok(undefined);
  const input = refs.map(({ ref, commit }) => `delete ${ref}\0${commit}\0`).join('');
  const deleted = await git(cwd, ['update-ref', '--no-deref', '--stdin', '-z'], { input });
  return deleted.ok ? ok(undefined) : deleted;
}
