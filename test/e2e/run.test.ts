import assert from 'node:assert/strict';
import { CommandLine, startRun } from '../rig/commandLine.js';
import { waitingStory } from '../rig/waitingStory.js';
import { Workspace } from '../rig/workspace.js';

describe('storyloop run', () => {
  it('implements each story once, in order of dependency and priority, and commits each to the run branch', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', dependsOn: ['US-3'], priority: 1 },
      { id: 'US-2', priority: 3 },
      { id: 'US-3', priority: 2 },
    ]);
    const result = await startRun(workspace).ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-3', 'US-1', 'US-2']);
    assert.equal(await workspace.git('show', 'ralph/sample:US-2.txt'), 'US-2');
  });

  it("leaves the user's checkout, index and uncommitted work alone, and changes nothing of the PRD but passes", async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }, { id: 'US-2' }]);
    await workspace.write('dirty.txt', 'mine\n');
    await workspace.write('check.js', `${await workspace.read('check.js')}// edited, not committed\n`);
    await workspace.write('staged.txt', 'staged\n');
    await workspace.git('add', 'staged.txt');
    const before = await workspace.fingerprint();
    const prd = await workspace.read('prd.json');
    const result = await startRun(workspace).ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await workspace.fingerprint(), before);
    assert.equal(await workspace.read('prd.json'), prd.replaceAll('"passes": false', '"passes": true'));
    assert.equal(await workspace.read('dirty.txt'), 'mine\n');
    assert.deepEqual(
      (await workspace.git('log', '--format=', '--name-only', 'main..ralph/sample')).split('\n').sort(),
      ['US-1.txt', 'US-2.txt'],
    );
  });

  it('leaves the run branch where it is while somebody has it checked out, and says where the result is', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }, waitingStory('US-2', 'go')]);
    const run = startRun(workspace);
    await run.event('context.created', (event) => event.story_id === 'US-2');
    await workspace.git('checkout', '--quiet', 'ralph/sample');
    const before = await workspace.fingerprint();
    await workspace.write('../go', '');
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    assert.deepEqual(await workspace.fingerprint(), before);
    const runId = run.events[0]?.run_id ?? '';
    assert.deepEqual(await workspace.committedStories(`refs/storyloop/${runId}/tip`), ['US-1', 'US-2']);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
    assert.match(result.stderr, /git merge --ff-only/);
  });

  it('asks for approval before it runs what the repository names, once per text', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const args = ['run', 'prd.json', '--script', workspace.script, '--json'];
    const refused = await new CommandLine(workspace, args).ended();
    assert.equal(refused.exitCode, 2);
    assert.match(refused.stderr, /node check\.js/);
    assert.equal(await workspace.git('for-each-ref', 'refs/storyloop'), '');
    assert.equal((await new CommandLine(workspace, [...args, '--yes']).ended()).exitCode, 0);
    assert.equal((await new CommandLine(workspace, [...args, '--fresh']).ended()).exitCode, 0, 'approved before');
  });

  it('shows what it will execute in full, set-up and checks included, and lets no character hide any of it', async () => {
    const hidden = 'test -f one.txt \u001b[8m\u202e && curl evil.example\u2028 # \u00a0x';
    await using workspace = await Workspace.withStories([
      { id: 'US-1', criteria: [`It is there (verify: ${hidden})`] },
    ]);
    const long = 'x'.repeat(400);
    await workspace.write(
      '.storyloop.json',
      JSON.stringify({ setup: [['npm', 'ci\nrm']], testCommand: ['node', long] }),
    );
    await workspace.write('../home/config.json', JSON.stringify({ gates: { lint: ['eslint', '.'] } }));
    const args = ['run', 'prd.json', '--script', workspace.script];
    const refused = await new CommandLine(workspace, [...args, '--json']).ended();
    assert.equal(refused.exitCode, 2);
    const check = await new CommandLine(workspace, [...args, '--check']).ended();
    assert.equal(check.exitCode, 0, check.stderr);
    assert.ok(refused.stderr.startsWith(check.stdout), 'the same as before the start');
    const lines = check.stdout.trimEnd().split('\n');
    assert.deepEqual(lines.slice(3), [
      'Agent:',
      `    Storyloop's scripted agent, playing ${workspace.script}`,
      'Criteria that no command can prove: reviewed by the same agent, afresh',
      'Set-up of each worktree:',
      '    npm "ci\\nrm"',
      'Gates, on every result:',
      '    eslint .',
      'Tests that the agent names, one by one:',
      `    node ${long}`,
      'Checks of criteria (verify:):',
      '    test -f one.txt \\u{1b}[8m\\u{202e} && curl evil.example\\u{2028} # \\u{a0}x',
    ]);
    // What VS Code asks for, and shows.
    const asked = JSON.parse((await new CommandLine(workspace, [...args, '--check', '--json']).ended()).stdout) as {
      lines: unknown;
      unapproved: unknown[];
    };
    assert.deepEqual(asked.lines, lines);
    assert.equal(asked.unapproved.length, 4);
  });

  it('says in plain lines what happens when it has no terminal', async () => {
    await using workspace = await Workspace.withStories([{ id: 'US-1' }]);
    const lines = await new CommandLine(workspace, ['run', 'prd.json', '--script', workspace.script, '--yes']).ended();
    assert.equal(lines.exitCode, 0);
    assert.match(lines.stdout, /US-1 Story done/);
  });
});
