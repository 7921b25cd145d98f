import { planRun } from '../coordinator/plan.js';
import { git } from '../git/git.js';
import { openRepository } from '../git/repository.js';
import { readDiscovery } from '../session/discovery.js';
import { listLocks } from '../session/ownership.js';
import { ProjectPaths, UserPaths } from '../session/paths.js';
import { ExitCode } from './exitCodes.js';

interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

const OLDEST_NODE = [20, 19] as const;

/** `storyloop doctor [prd]`: everything a run needs, one line each, with the remedy where it is missing. */
export async function doctor(prd: string | undefined): Promise<ExitCode> {
  const user = new UserPaths();
  const findings = [nodeVersion(), await gitVersion(), ...(await repository()), await hub(user)];
  if (prd !== undefined) findings.push(await prdFile(prd, user));
  for (const { ok, text } of findings) process.stdout.write(`${ok ? 'ok     ' : 'missing'} ${text}\n`);
  return findings.every((finding) => finding.ok) ? ExitCode.done : ExitCode.blocked;
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return { ok, text: `Node ${process.versions.node}${ok ? '' : `; install ${OLDEST_NODE.join('.')} or later`}` };
}

async function gitVersion(): Promise<Finding> {
  const version = await git(process.cwd(), ['--version']);
  return version.ok
    ? { ok: true, text: version.value.trim() }
    : { ok: false, text: 'git is not on PATH; install it from your package manager or git-scm.com' };
}

async function repository(): Promise<Finding[]> {
  const opened = await openRepository(process.cwd());
  if (!opened.ok) return [{ ok: false, text: opened.error.message }];
  const locks = await listLocks(new ProjectPaths(opened.value.commonDir).state);
  return [
    { ok: true, text: `Repository ${opened.value.root}` },
    ...locks
      .filter((lock) => lock.state === 'dead')
      .map((lock) => ({ ok: true, text: `${lock.prdId} was interrupted; go on with storyloop run --resume` })),
  ];
}

async function hub(user: UserPaths): Promise<Finding> {
  const found = await readDiscovery(user);
  const text = found
    ? `Hub at http://${found.host}:${found.port} (pid ${found.pid})`
    : 'No hub runs; a run needs none (storyloop serve starts one)';
  return { ok: true, text };
}

async function prdFile(prd: string, user: UserPaths): Promise<Finding> {
  const plan = await planRun(prd, {}, user, process.env);
  if (!plan.ok) return { ok: false, text: plan.error.message };
  const { prdPath, agent, gates } = plan.value;
  const checks =
    gates.length > 0
      ? `gates ${gates.map((gate) => gate.name).join(', ')}`
      : 'no gates (nothing but verify: commands would check it)';
  return { ok: true, text: `${prdPath}: agent ${agent.commandText}; ${checks}` };
}
