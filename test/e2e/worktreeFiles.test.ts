import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beginBeside, untilBegun } from '../rig/besideEachOther.js';
import { startRun, storyloop, type CommandLine } from '../rig/commandLine.js';
import { fileAppears } from '../rig/waiting.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';

/** Its first attempt leaves what git refuses to save. */
const unsavable = {
  id: 'US-1',
  attempts: [
    [
      { do: 'write', path: 'work.txt', content: 'of an hour' },
      { do: 'shell', command: 'mkdir d d/.GIT && echo x > d/.GIT/x' },
    ],
    [{ do: 'write', path: 'work.txt', content: 'again' }],
  ],
} satisfies PlannedStory;

const warnings = ({ events }: CommandLine): string[] =>
  events.flatMap(({ type, data }) =>
    type === 'log.message' && data['level'] === 'warn' ? [String(data['message'])] : [],
  );

/** False where a file cannot be made one that nobody removes: without the right to it, or on some file systems. */
const changesAttributes = (how: '+i' | '-i', file: string): Promise<boolean> =>
  promisify(execFile)('chattr', [how, file]).then(
    () => true,
    () => false,
  );

describe('The worktrees of a run', () => {
  it('are kept, and named, where git cannot save what an attempt left; the next one is told why', async () => {
    await using workspace = await Workspace.withStories([unsavable]);
    const run = startRun(workspace);
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    const [first] = run.events.filter(({ type }) => type === 'context.completed');
    assert.equal(first?.data['reason'], 'git-failed');
    const aside = `.storyloop/unsaved/${first.run_id}/US-1-1`;
    assert.match(warnings(run)[0] ?? '', new RegExp(`Its files are moved from .* to .*${aside}`));
    assert.equal(await workspace.read(`${aside}/work.txt`), 'of an hour');
    const next = run.events.find(({ type }) => type === 'context.refreshed');
    assert.match(String(next?.data['feedback']), /invalid path 'd\/\.GIT\/x'/);
    assert.equal(await workspace.git('show', 'ralph/sample:work.txt'), 'again');
  });

  it('are kept by the next term where a kill came before', async () => {
    const [first = [], second = []] = unsavable.attempts;
    const held = [...first, beginBeside('US-1'), { do: 'wait-for', file: 'go' } as const];
    await using workspace = await Workspace.withStories([{ ...unsavable, attempts: [held, second] }]);
    const killed = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    killed.kill('SIGKILL');
    await killed.ended();
    const run = startRun(workspace, '--resume');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    const aside = `.storyloop/unsaved/${run.events[0]?.run_id ?? ''}/US-1-1`;
    assert.match(warnings(run)[0] ?? '', new RegExp(`Its files are moved from .* to .*${aside}`));
    assert.equal(await workspace.read(`${aside}/work.txt`), 'of an hour');
    assert.equal(await workspace.git('show', 'ralph/sample:work.txt'), 'again');
  });

  it('stay where they are, and stop the run, where there is no place for them either', async () => {
    await using workspace = await Workspace.withStories([unsavable]);
    await workspace.write('.storyloop/unsaved', 'a file of the user');
    for (const mode of [[], ['--resume']]) {
      const run = startRun(workspace, ...mode);
      const { exitCode, stderr } = await run.ended();
      assert.equal(exitCode, 6);
      assert.match(stderr, /unsaved is not a folder but a link or a file; move it away/);
      const worktree = `.storyloop/worktrees/${run.events[0]?.run_id ?? ''}/US-1-1`;
      assert.match(warnings(run).at(-1) ?? '', new RegExp(`still in .*${worktree}, and nowhere else`));
      assert.equal(await workspace.read(`${worktree}/work.txt`), 'of an hour');
    }
    await rm(path.join(workspace.root, '.storyloop/unsaved'));
    const run = startRun(workspace, '--resume');
    assert.equal((await run.ended()).exitCode, 0);
    const aside = `.storyloop/unsaved/${run.events[0]?.run_id ?? ''}/US-1-1`;
    assert.equal(await workspace.read(`${aside}/work.txt`), 'of an hour');
  });

  it('are no obstacle where the agent itself removed or moved its worktree', async () => {
    const [, again = []] = unsavable.attempts;
    const gone = [{ do: 'shell', command: 'rm -rf "$PWD"' } as const];
    await using workspace = await Workspace.withStories([{ ...unsavable, attempts: [gone, again] }]);
    const run = startRun(workspace);
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    assert.deepEqual(warnings(run), []);
    const [first] = run.events.filter(({ type }) => type === 'context.completed');
    assert.equal(first?.data['reason'], 'git-failed');
  });

  it('hide by that nothing else that a person has to look at', async () => {
    const [first = []] = unsavable.attempts;
    const change = { do: 'shell', command: 'git config core.hooksPath elsewhere' } as const;
    await using workspace = await Workspace.withStories([{ ...unsavable, attempts: [[...first, change]] }]);
    await workspace.write('.storyloop/unsaved', 'a file of the user');
    const { exitCode, stderr } = await startRun(workspace).ended();
    assert.equal(exitCode, 6);
    assert.match(stderr, /and nowhere else/);
    assert.match(stderr, /git settings of this repository were changed: /);
  });

  it('stay there also when their story was left out meanwhile', async () => {
    const [first = []] = unsavable.attempts;
    const held = [...first, beginBeside('US-1'), { do: 'wait-for', file: 'never' } as const];
    await using workspace = await Workspace.withStories([{ ...unsavable, attempts: [held] }]);
    await workspace.write('.storyloop/unsaved', 'a file of the user');
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    const skipped = await storyloop(workspace, 'skip', 'US-1');
    assert.equal(skipped.exitCode, 0, skipped.stderr);
    assert.equal((await run.ended()).exitCode, 6);
    await rm(path.join(workspace.root, '.storyloop/unsaved'));
    const resumed = startRun(workspace, '--resume');
    await resumed.ended();
    const aside = `.storyloop/unsaved/${resumed.events[0]?.run_id ?? ''}/US-1-1`;
    assert.equal(await workspace.read(`${aside}/work.txt`), 'of an hour');
    assert.equal(resumed.events.filter(({ type }) => type === 'context.completed').length, 1);
  });

  it('are named where they cannot be removed, and keep no story from its end', async function () {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'shell', command: 'mkdir d && echo x > d/f && chattr +i d/f' }]] },
    ]);
    const probe = path.join(workspace.folder, 'probe');
    await writeFile(probe, '');
    if (!(await changesAttributes('+i', probe)) || !(await changesAttributes('-i', probe))) this.skip();
    const run = startRun(workspace);
    const { exitCode, stderr } = await run.ended();
    const worktree = path.join(workspace.root, '.storyloop/worktrees', run.events[0]?.run_id ?? '', 'US-1-1');
    assert.ok(await changesAttributes('-i', path.join(worktree, 'd/f')), stderr);
    assert.equal(exitCode, 0, stderr);
    assert.match(warnings(run)[0] ?? '', new RegExp(`not needed any more stays.* ${worktree} could not be deleted`));
    assert.equal(await workspace.git('show', 'ralph/sample:d/f'), 'x');
  });

  it("have the user's own files and a number of their own, for set-up, agent, gates and checks; no commit has them, and what the agent makes of them counts for nothing", async () => {
    const shell = (command: string) => ({ do: 'shell', command }) as const;
    const attempt = (id: string, other: string) => [
      beginBeside(id),
      untilBegun(other),
      shell(`test "$(cat .env config/local.json)" = "$(printf 'of the user\\n{}')"`),
      shell('echo by the agent > .env && echo by the agent > config/local.json'),
      shell(`echo "$STORYLOOP_WORKER" > ${id}.txt`),
    ];
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [attempt('US-1', 'US-2')],
        // On the state before it, too, and there after the first one's traces were removed.
        criteria: ['There (verify: test -f config/local.json)', 'Still there (verify: test -s config/local.json)'],
      },
      { id: 'US-2', attempts: [attempt('US-2', 'US-1')] },
    ]);
    await workspace.write('.gitignore', '.env*\nport\n');
    await workspace.write(
      'check.js',
      `const { readFileSync } = require('node:fs');
      const number = process.env.STORYLOOP_WORKER;
      if (readFileSync('port', 'utf8').trim() !== '300' + number) throw new Error('not the port of worker ' + number);
      if (readFileSync('.env', 'utf8') !== 'of the user\\n') throw new Error('not the file of the user');
      `,
    );
    const setup = [['sh', '-c', 'test -s config/local.json && echo "300$STORYLOOP_WORKER" > port']];
    await workspace.write(
      '.storyloop.json',
      JSON.stringify({ setup, copy: ['.env*', 'config/local.json', 'none.json'] }),
    );
    await workspace.commit('a check and a set-up');
    await workspace.write('.env', 'of the user\n');
    await workspace.write('config/local.json', '{}\n');
    await chmod(path.join(workspace.root, '.env'), 0o600);

    const run = startRun(workspace, '--workers', '2');
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /not copied into worktrees \(copy\): none\.json/);
    const numbers = await Promise.all(['US-1', 'US-2'].map((id) => workspace.git('show', `ralph/sample:${id}.txt`)));
    assert.deepEqual(numbers.sort(), ['1', '2']);
    const proofs = run.events.flatMap(({ type, data }) =>
      type === 'criterion.completed' ? [data['proof'] as { kind: string; red_on_base?: boolean }] : [],
    );
    const onBase = proofs.filter(({ kind }) => kind === 'command').map((proof) => proof.red_on_base);
    assert.ok(onBase.length >= 2 && !onBase.includes(true), 'they are there in the state before, too');
    const refs = (await workspace.git('for-each-ref', '--format=%(refname)', 'refs/storyloop/*/*/*')).split('\n');
    assert.equal(refs.length, 2, 'the attempts');
    for (const ref of [...refs, 'ralph/sample']) {
      assert.doesNotMatch(await workspace.git('ls-tree', '-r', '--name-only', ref), /\.env|local\.json/);
    }
    assert.equal(await workspace.read('.env'), 'of the user\n');

    await symlink('/etc/hosts', path.join(workspace.root, '.env.link'));
    const checked = await storyloop(workspace, 'run', 'prd.json', '--script', workspace.script, '--check');
    assert.match(checked.stderr, /copy: \.env\.link is a symbolic link/);
    assert.equal(checked.exitCode, 2);
  });

  it('lose their work in no crash, and what was copied there is in no ref that keeps it', async () => {
    const wait = { do: 'wait-for', file: 'go' } as const;
    const write = { do: 'write', path: 'half.txt', content: 'half' } as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[write, beginBeside('US-1'), wait]] },
    ]);
    await workspace.write(
      '../home/config.json',
      JSON.stringify({ gates: { test: ['node', 'check.js'] }, copy: ['local.json'] }),
    );
    await workspace.write('local.json', '{}');
    const run = startRun(workspace);
    await fileAppears(`${workspace.folder}/US-1.begun`);
    run.kill('SIGKILL');
    await run.ended();
    await workspace.write('../go', '');
    await rm(path.join(workspace.root, 'local.json'));
    assert.equal((await startRun(workspace, '--resume').ended()).exitCode, 0);
    const saved = `refs/storyloop/${run.events[0]?.run_id ?? ''}/US-1/1`;
    const files = await workspace.git('diff', '--name-only', 'main', saved);
    assert.equal(files, 'half.txt');
  });
});
