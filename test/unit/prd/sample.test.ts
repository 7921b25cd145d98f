import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { scriptSchema, type ScriptStep } from '../../../src/agents/script.js';
import { deriveTestCommand, resolveGates } from '../../../src/config/gates.js';
import { fillTestCommand } from '../../../src/config/testCommand.js';
import { parsePrd } from '../../../src/prd/parsePrd.js';
import type { Prd, Story } from '../../../src/prd/prd.js';
import { readyStories } from '../../../src/prd/storyGraph.js';

const examples = path.resolve('examples');
const BREAKING = 'US-003';

interface Executed {
  readonly green: boolean;
  readonly output: string;
}

/** What playing one attempt came to: each check by its name, on the base and on the result. */
interface Attempt {
  readonly story: string;
  readonly gates: ReadonlyMap<string, Executed>;
  readonly proofs: readonly { readonly criterion: number; readonly red: boolean; readonly green: boolean }[];
}

describe('the sample project', function () {
  this.timeout(180_000);
  const text = readFileSync(path.join(examples, 'tempconv', 'prd.json'), 'utf8');
  const script = scriptSchema.parse(JSON.parse(readFileSync(path.join(examples, 'tempconv.script.json'), 'utf8')));
  let folder: string;
  let prd: Prd;
  const attempts: Attempt[] = [];

  before(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'storyloop-sample-'));
    const parsed = parsePrd(text);
    assert.ok(parsed.ok && parsed.value.warnings.length === 0, JSON.stringify(parsed));
    prd = parsed.value.prd;
    let base = path.join(folder, 'base');
    cpSync(path.join(examples, 'tempconv'), base, { recursive: true });
    assert.ok(execute(base, ['git', 'init', '--quiet']).green && execute(base, ['git', 'add', '--all']).green);
    for (const story of inRunOrder(prd)) {
      const lists = script.stories[story.id] ?? [];
      for (const [index, steps] of lists.entries()) {
        const result = path.join(folder, `${story.id}-${index + 1}`);
        cpSync(base, result, { recursive: true });
        for (const step of steps) play(result, step);
        attempts.push(await judge(story, base, result, steps));
        if (index === lists.length - 1) base = result;
      }
    }
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('has five stories and at least twelve criteria, none of them done', () => {
    assert.equal(prd.stories.length, 5);
    assert.ok(prd.stories.flatMap(({ criteria }) => criteria).length >= 12);
    assert.ok(prd.stories.every(({ passes }) => !passes));
  });

  it('runs its stories in an order that dependencies and priorities give, not the file', () => {
    assert.deepEqual(
      inRunOrder(prd).map(({ id }) => id),
      ['US-001', 'US-002', 'US-003', 'US-005', 'US-004'],
    );
  });

  it('gives each story a script that takes no more than four seconds of waiting', () => {
    assert.deepEqual(Object.keys(script.stories).sort(), prd.stories.map(({ id }) => id).sort());
    for (const [id, lists] of Object.entries(script.stories)) {
      const ms = lists.flat().reduce((sum, step) => sum + (step.do === 'wait' ? step.ms : 0), 0);
      assert.ok(ms >= 1_500 && ms <= 4_000, `${id} waits for ${ms} ms`);
    }
  });

  it('passes all gates after the last attempt of each story', () => {
    for (const story of prd.stories) {
      const last = attempts.findLast((attempt) => attempt.story === story.id);
      assert.deepEqual([...(last?.gates.keys() ?? [])], ['test', 'lint']);
      for (const [gate, { green, output }] of last?.gates ?? []) assert.ok(green, `${story.id}, ${gate}:\n${output}`);
    }
  });

  it('breaks the tests in one first attempt only, where the second is right', () => {
    assert.equal(attempts.length, 6);
    const first = attempts.find(({ story }) => story === BREAKING);
    assert.equal(first?.gates.get('test')?.green, false);
    assert.match(
      first.gates.get('test')?.output ?? '',
      /not ok \d+ - accepts a temperature below zero|✖ accepts a temp/,
    );
  });

  it('proves every criterion: by a gate, or by a command or test that is red on the base and green on the result', () => {
    for (const story of prd.stories) {
      const last = attempts.findLast((attempt) => attempt.story === story.id);
      for (const { index, text: criterion, check } of story.criteria) {
        const proof = last?.proofs.find((candidate) => candidate.criterion === index);
        const proved = check?.kind === 'gate' ? last?.gates.get(check.gate)?.green : proof?.red && proof.green;
        assert.ok(proved, `${story.id} AC-${index} "${criterion}": ${JSON.stringify(proof)}`);
      }
    }
  });
});

function inRunOrder(prd: Prd): Story[] {
  const done: Story[] = [];
  const statusOf = (id: string) => (done.some((story) => story.id === id) ? 'completed' : 'open');
  for (let next = readyStories(prd.stories, statusOf)[0]; next; next = readyStories(prd.stories, statusOf)[0]) {
    done.push(next);
  }
  return done;
}

function play(worktree: string, step: ScriptStep): void {
  switch (step.do) {
    case 'write': {
      const file = path.join(worktree, step.path);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(
        file,
        typeof step.content === 'string' ? step.content : step.content.map((line) => `${line}\n`).join(''),
      );
      return;
    }
    case 'replace': {
      const file = path.join(worktree, step.path);
      const parts = readFileSync(file, 'utf8').split(step.find);
      assert.equal(parts.length, 2, `${step.path} must contain this exactly once: ${step.find}`);
      writeFileSync(file, parts.join(step.with));
      return;
    }
    case 'say':
    case 'usage':
    case 'claim':
    case 'wait':
      return;
    case 'delete':
    case 'wait-for':
    case 'shell':
    case 'exit':
    case 'hang':
      assert.fail(`The sample's script has a step that this test does not play: ${step.do}`);
  }
}

async function judge(story: Story, base: string, result: string, steps: readonly ScriptStep[]): Promise<Attempt> {
  const gates = new Map((await resolveGates(result, {})).map(({ name, argv }) => [name, execute(result, argv)]));
  const proofs = story.criteria.flatMap(({ index, check }) =>
    check?.kind === 'command'
      ? [{ criterion: index, red: !shell(base, check.command).green, green: shell(result, check.command).green }]
      : [],
  );
  const template = await deriveTestCommand(result, {});
  assert.ok(template);
  for (const step of steps) {
    if (step.do !== 'claim' || !step.test) continue;
    const { file, name } = step.test;
    const argv = fillTestCommand(template, { file, ...(name !== undefined && { name }) });
    const overlaid = `${result}-base-${step.criterion}`;
    cpSync(base, overlaid, { recursive: true });
    cpSync(path.join(result, file), path.join(overlaid, file));
    const after = execute(result, argv);
    // A name that no test has would be green without running anything.
    const ran = /^(?:#|ℹ) pass [1-9]/m.test(after.output);
    proofs.push({ criterion: step.criterion, red: !execute(overlaid, argv).green, green: after.green && ran });
  }
  return { story: story.id, gates, proofs };
}

function execute(cwd: string, [program = '', ...args]: readonly string[]): Executed {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  return { green: status === 0, output: stdout + stderr };
}

function shell(cwd: string, command: string): Executed {
  const { status, stdout, stderr } = spawnSync(command, { cwd, encoding: 'utf8', shell: true });
  return { green: status === 0, output: stdout + stderr };
}
