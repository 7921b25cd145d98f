import { z } from 'zod';
import type { UserPaths } from './paths.js';

/** A repository that Storyloop ran in; one file each in the user's state, so that the hub finds its journals. */
export const projectSchema = z.object({
  /** `<slug of the repository's folder>-<6 hex of its identity>` */
  id: z.string().regex(/^[a-z0-9-]{1,80}$/),
  root: z.string(),
  common_dir: z.string(),
});
export type Project = z.infer<typeof projectSchema>;

/** Makes the project known; rewritten only when something changed. */
export async function registerProject(user: UserPaths, project: Project): Promise<void> {
  await Promise.resolve();
  throw new Error(`stub ${user.home} ${project.id}`);
}

/** All known projects whose repository still exists; files that do not parse are skipped. */
export async function listProjects(user: UserPaths): Promise<Project[]> {
  await Promise.resolve();
  throw new Error(`stub ${user.home}`);
}

export function projectId(root: string, commonDir: string): string {
  throw new Error(`stub ${root} ${commonDir}`);
}
