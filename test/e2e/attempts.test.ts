import assert from 'node:assert/strict';
import { startRun, storyloop } from '../rig/commandLine.js';
import type { ScriptStep } from '../../src/agents/script.js';
import type { RunSnapshot } from '../../src/state/snapshot.js';
import { Workspace, type PlannedStory } from '../rig/workspace.js';

/** The first run, as any view shows it. */
async function shownRun(workspace: Workspace): Promise<RunSnapshot | undefined> {
  const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as { runs: RunSnapshot[] };
  return runs[0];
}

describe('a run', () => {
  it("sends a failing attempt back with the gate's output, and keeps what it left as a ref", async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [[{ do: 'write', path: 'broken', content: 'x' }], [{ do: 'write', path: 'good.txt', content: 'x' }]],
      },
    ]);
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    const refreshed = run.events.find((event) => event.type === 'context.refreshed');
    assert.match(String(refreshed?.data['feedback']), /the file broken is there/);
    const runId = run.events[0]?.run_id ?? '';
    assert.equal(await workspace.git('show', `refs/storyloop/${runId}/US-1/1:broken`), 'x');
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1']);
  });

  it('gives a story up after its attempts, does not start what depends on it, goes on with the rest, and exits 3', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: ['x', 'xy', 'xyz'].map((content) => [{ do: 'write', path: 'broken', content }] as const),
      },
      { id: 'US-2', dependsOn: ['US-1'] },
      { id: 'US-3' },
    ]);
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 3, result.stderr);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-3']);
    const statuses = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as {
      runs: { stories: { id: string; status: string; attempts: unknown[] }[] }[];
    };
    assert.deepEqual(
      statuses.runs[0]?.stories.map((story) => [story.id, story.status, story.attempts.length]),
      [
        ['US-1', 'failed', 3],
        ['US-2', 'blocked', 0],
        ['US-3', 'completed', 1],
      ],
    );
    assert.match(await workspace.read('prd.json'), /"US-3"[^}]*"passes": true/);
    assert.match(await workspace.read('prd.json'), /"US-1"[^}]*"passes": false/);
  });

  it('gives a story up as soon as it goes nowhere, and says why in words', async () => {
    const broken = (content: string) => [{ do: 'write', path: 'broken', content }] as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [broken('x'), broken('y'), broken('x')] },
      { id: 'US-2' },
    ]);
    await workspace.write(
      '../home/config.json',
      JSON.stringify({ attempts: 9, gates: { test: ['node', 'check.js'] } }),
    );
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 3);
    const { data } = await run.event('story.completed', ({ story_id: id }) => id === 'US-1');
    assert.deepEqual(
      [data['reason'], data['message']],
      ['no-progress', 'The attempts go round in circles: attempt 3 left what attempt 1 had left.'],
    );
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-2']);
  });

  it('lets the next agent of its ladder try where one goes nowhere, tells each attempt by its agent, and shows all before', async () => {
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'write', path: 'broken', content: 'x' }]] },
    ]);
    const other = ['node', '-e', "require('fs').writeFileSync('good.txt', 'x')"];
    await workspace.write(
      '../home/config.json',
      JSON.stringify({
        gates: { test: ['node', 'check.js'] },
        agents: { command: { argv: other } },
        ladder: [{ agent: 'scripted', attempts: 5 }, { agent: 'command' }],
      }),
    );
    const shown = await storyloop(workspace, 'run', 'prd.json', '--script', workspace.script, '--check');
    assert.match(
      shown.stdout,
      /one after the other.*\n.*script\.json \(attempts: 5\)\n.*writeFileSync.*\(attempts: 1\)/,
    );
    const run = startRun(workspace);
    const result = await run.ended();
    assert.equal(result.exitCode, 0, result.stderr);
    const attempts = run.events.filter(({ type }) => type === 'context.created' || type === 'context.refreshed');
    assert.deepEqual(
      attempts.map(({ data }) => data['agent']),
      ['scripted', 'scripted', 'command'],
    );
  });

  it('does not believe an agent that ends well and changed nothing, nor one that edits the PRD', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [{ do: 'say', text: 'All tests pass, story done.' }],
          [{ do: 'write', path: 'prd.json', content: '{}' }],
        ],
      },
    ]);
    const prd = await workspace.read('prd.json');
    const result = await startRun(workspace).ended();
    assert.equal(result.exitCode, 3, result.stderr);
    assert.equal(await workspace.read('prd.json'), prd);
  });

  it('has what no command proves reviewed with a fresh mind, sends back what the reviewer does not see, and shows who confirmed it, where and why', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        criteria: ['All tests pass', 'Somebody is pleased', 'It has a title'],
        attempts: [
          [
            { do: 'claim', criterion: 2 },
            { do: 'write', path: 'page.txt', content: 'text' },
          ],
          [{ do: 'write', path: 'page.txt', content: 'title, text' }],
        ],
        reviews: [
          [
            // What it does there is nobody's work.
            { do: 'write', path: 'page.txt', content: 'of the reviewer' },
            { do: 'find', criterion: 1, holds: false, evidence: 'nobody asked' },
            { do: 'find', criterion: 2, holds: true, evidence: 'Ada smiles' },
            { do: 'find', criterion: 3, holds: false, evidence: 'page.txt has no title' },
          ],
          [
            { do: 'find', criterion: 2, holds: true, evidence: 'Ada smiles' },
            { do: 'usage', inputTokens: 10, outputTokens: 1, costUsd: 0.5 },
            { do: 'find', criterion: 3, holds: false, evidence: 'at first sight' },
            { do: 'find', criterion: 3, holds: true, evidence: 'Its first word' },
          ],
        ],
      },
    ]);
    const run = startRun(workspace);
    const { exitCode, stderr } = await run.ended();
    assert.equal(exitCode, 0, stderr);
    assert.equal(await workspace.git('show', 'ralph/sample:page.txt'), 'title, text');
    const state = await shownRun(workspace);
    const [story] = state?.stories ?? [];
    assert.ok(story);
    assert.match(story.attempts[0]?.message ?? '', /^Criterion 3 \(It has a title\): page\.txt has no title$/);
    assert.deepEqual(
      story.criteria.map(({ proof }) => [proof?.kind, proof?.kind === 'review' && [proof.reviewer, proof.evidence]]),
      [
        ['gate', false],
        ['review', ['scripted', 'Ada smiles']],
        ['review', ['scripted', 'Its first word']],
      ],
    );
    const reviewed = story.attempts[1];
    assert.ok(reviewed);
    assert.equal(reviewed.usage?.costUsd, 0.5, 'a review is paid for, too');
    const prompt = await workspace.read((reviewed.prompt ?? '').replace(/\.md$/, '-review.md'));
    assert.match(prompt, /- AC-2: Somebody is pleased\n- AC-3: It has a title\n/);
    assert.doesNotMatch(prompt, /AC-1/);
    assert.equal((await workspace.git('worktree', 'list', '--porcelain')).match(/^worktree /gm)?.length, 1);
  });

  it('takes a criterion for unproved that its reviewer says nothing of, or that fell over', async () => {
    const reviewed = (...steps: ScriptStep[]): PlannedStory => ({
      id: 'US-1',
      criteria: ['Somebody is pleased'],
      attempts: [
        [{ do: 'write', path: 'a.txt', content: 'a' }],
        [{ do: 'write', path: 'b.txt', content: 'b' }],
        [{ do: 'write', path: 'c.txt', content: 'c' }],
      ],
      reviews: [steps],
    });
    for (const [steps, reason] of [
      [[{ do: 'say', text: 'Fine.' }], 'criterion-unproved'],
      [
        [
          { do: 'find', criterion: 1, holds: true, evidence: 'x' },
          { do: 'exit', code: 1 },
        ],
        'agent-failed',
      ],
    ] as const) {
      await using workspace = await Workspace.withStories([reviewed(...steps)]);
      const { exitCode } = await startRun(workspace).ended();
      assert.equal(exitCode, 3);
      assert.deepEqual(await workspace.committedStories('ralph/sample'), []);
      const state = await shownRun(workspace);
      assert.equal(state?.stories[0]?.attempts[0]?.reason, reason);
    }
  });

  it('leaves open under the policy trusting what nothing proves, and sends it back under strict', async () => {
    const story = { id: 'US-1', criteria: ['Somebody is pleased'] };
    await using trusting = await Workspace.withStories([story]);
    assert.equal((await startRun(trusting, '--proof', 'trusting').ended()).exitCode, 0);
    assert.deepEqual(await trusting.committedStories('ralph/sample'), ['US-1']);
    await using strict = await Workspace.withStories([story]);
    assert.equal((await startRun(strict, '--proof', 'strict').ended()).exitCode, 3);
    assert.deepEqual(await strict.committedStories('ralph/sample'), []);
    const state = await shownRun(strict);
    assert.match(
      state?.stories[0]?.attempts[0]?.message ?? '',
      /Nothing proves these criteria:\n- AC-1: Somebody is pleased/,
    );
  });

  it('begins nothing more when an agent changed what git runs, says so, and goes on when a person takes it up again', async () => {
    const made = { do: 'write', path: 'made.txt', content: 'x' } as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [[{ do: 'shell', command: 'git config user.name Mallory' }, made]] },
      {
        id: 'US-2',
        attempts: [[{ do: 'shell', command: 'git config core.fsmonitor "touch evil"' }], [{ ...made, content: 'y' }]],
      },
    ]);
    const { exitCode, stderr } = await startRun(workspace).ended();
    assert.equal(exitCode, 6);
    assert.match(stderr, /git settings of this repository were changed: core\.fsmonitor\./);
    assert.equal(await workspace.git('log', '-1', '--format=%an', 'ralph/sample'), 'Ada Tester', 'as when it began');
    assert.equal((await startRun(workspace, '--resume').ended()).exitCode, 0);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-1', 'US-2']);
  });

  it('does not let an attempt redefine the gate that judges it', async () => {
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        attempts: [
          [
            { do: 'replace', path: 'package.json', find: 'node check.js', with: 'true' },
            { do: 'write', path: 'broken', content: 'x' },
          ],
        ],
      },
    ]);
    await workspace.useNpmScripts();
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 3);
    assert.match(
      String(run.events.find((event) => event.type === 'context.completed')?.data['message']),
      /package\.json: changes the script "test"/,
    );
  });

  it('sends an attempt back that weakens checks, and stops the story for a person when the next one does it again', async () => {
    const weakens = [{ do: 'replace', path: 'it.test.mjs', find: 'test(', with: 'test.skip(' }] as const;
    await using workspace = await Workspace.withStories([
      { id: 'US-1', attempts: [weakens, [...weakens, { do: 'delete', path: 'other.test.mjs' }], []] },
      { id: 'US-2', attempts: [weakens, [{ do: 'write', path: 'US-2.txt', content: 'x' }]] },
    ]);
    await workspace.write('it.test.mjs', "import test from 'node:test'; test('it', () => {});\n");
    await workspace.write('other.test.mjs', "import test from 'node:test'; test('other', () => {});\n");
    await workspace.commit('tests');
    const run = startRun(workspace);
    assert.equal((await run.ended()).exitCode, 3);
    const ends = run.events.filter(({ type }) => type === 'context.completed' || type === 'story.completed');
    assert.deepEqual(
      ends.map(({ type, story_id: story, data }) => [type, story, data['reason'] ?? data['success']]),
      [
        ['context.completed', 'US-1', 'checks-weakened'],
        ['context.completed', 'US-1', 'checks-weakened'],
        ['story.completed', 'US-1', 'checks-weakened'],
        ['context.completed', 'US-2', 'checks-weakened'],
        ['context.completed', 'US-2', true],
        ['story.completed', 'US-2', true],
      ],
    );
    const feedback = run.events.find(({ type }) => type === 'context.refreshed')?.data['feedback'];
    assert.match(String(feedback), /- it\.test\.mjs: skips a test: /);
    assert.match(String(ends[1]?.data['message']), /- other\.test\.mjs: deletes tests/);
    assert.deepEqual(await workspace.committedStories('ralph/sample'), ['US-2']);
  });

  it('proves a criterion by its gate, by a verify command seen red before, or by a test seen red before; a claim alone proves nothing', async () => {
    const test =
      "import test from 'node:test'; import assert from 'node:assert'; import it from './it.mjs'; test('has it', () => assert.ok(it));\n";
    await using workspace = await Workspace.withStories([
      {
        id: 'US-1',
        criteria: [
          'All tests pass',
          'It is there (verify: test -f it.txt)',
          'A test says so',
          'Nobody can tell',
          'A lie about a test',
        ],
        attempts: [
          [
            { do: 'write', path: 'it.txt', content: 'it' },
            { do: 'write', path: 'it.mjs', content: 'export default true;\n' },
            { do: 'write', path: 'it.test.mjs', content: test },
            {
              do: 'write',
              path: 'always.test.mjs',
              content: "import test from 'node:test'; test('always', () => {});\n",
            },
            { do: 'claim', criterion: 3, test: { file: 'it.test.mjs', name: 'has it' } },
            { do: 'claim', criterion: 4, note: 'trust me' },
            { do: 'claim', criterion: 5, test: { file: 'always.test.mjs', name: 'always' } },
            { do: 'claim', criterion: 5, test: { file: 'it.test.mjs', name: 'no such test' } },
          ],
        ],
      },
    ]);
    await workspace.write(
      '.storyloop.json',
      JSON.stringify({ testCommand: ['node', '--test', '--test-name-pattern={name}', '{file}'] }),
    );
    await workspace.commit('configure');
    const run = startRun(workspace, '--proof', 'trusting');
    assert.equal((await run.ended()).exitCode, 0);
    const proofs = run.events.flatMap((event) =>
      event.type === 'criterion.completed' ? [[event.data['ac_index'], event.data['proof']]] : [],
    );
    const commit = await workspace.git('rev-parse', 'ralph/sample');
    const base = await workspace.git('rev-parse', 'main');
    assert.deepEqual(proofs, [
      [1, { kind: 'gate', gate: 'test', commit }],
      [2, { kind: 'command', command: 'test -f it.txt', commit, red_on_base: true }],
      [3, { kind: 'test', test: 'it.test.mjs: has it', commit, base }],
    ]);
    const { runs } = JSON.parse((await storyloop(workspace, 'status', '--json')).stdout) as {
      runs: { stories: { criteria: { status: string }[] }[] }[];
    };
    assert.deepEqual(
      runs[0]?.stories[0]?.criteria.map((criterion) => criterion.status),
      ['proved', 'proved', 'proved', 'claimed', 'claimed'],
    );
  });
});
