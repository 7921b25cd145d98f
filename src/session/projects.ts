import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { writeAtomically } from './atomicFile.js';
import type { UserPaths } from './paths.js';
import { makePrivateFolder } from './privateFile.js';

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
  const file = path.join(user.projects, `${projectSchema.parse(project).id}.json`);
  const known = await read(file);
  if (known?.root === project.root && known.common_dir === project.common_dir) return;
  await makePrivateFolder(user.projects, user.projects);
  await writeAtomically(file, `${JSON.stringify(project, undefined, 2)}\n`);
}

/** All known projects whose repository still exists; files that do not parse are skipped. */
export async function listProjects(user: UserPaths): Promise<Project[]> {
  const projects: Project[] = [];
  for (const name of (await readdir(user.projects).catch(() => [])).sort()) {
    const project = /^[^.].*\.json$/.test(name) ? await read(path.join(user.projects, name)) : undefined;
    const folder = project && (await stat(project.common_dir).catch(() => undefined));
    if (project && folder?.isDirectory()) projects.push(project);
  }
  return projects;
}

/** `commonDir` is the identity: all worktrees of a repository are one project. */
export function projectId(root: string, commonDir: string): string {
  const slug = path
    .basename(root)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-|-$/g, '');
  return `${slug || 'project'}-${createHash('sha256').update(commonDir).digest('hex').slice(0, 6)}`;
}

async function read(file: string): Promise<Project | undefined> {
  try {
    return projectSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
