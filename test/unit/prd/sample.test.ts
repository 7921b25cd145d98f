import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { scriptSchema } from '../../../src/agents/script.js';
import { parsePrd } from '../../../src/prd/parsePrd.js';
import type { Prd, Story } from '../../../src/prd/prd.js';
import { readyStories } from '../../../src/prd/storyGraph.js';

const examples = path.resolve('examples');

// That its gates pass, its criteria can be proved, and one first attempt fails: test/vscode/run.test.ts runs it.
describe('the sample project', () => {
  const script = scriptSchema.parse(JSON.parse(readFileSync(path.join(examples, 'tempconv.script.json'), 'utf8')));
  let prd: Prd;

  before(() => {
    const parsed = parsePrd(readFileSync(path.join(examples, 'tempconv', 'prd.json'), 'utf8'));
    assert.ok(parsed.ok && parsed.value.warnings.length === 0, JSON.stringify(parsed));
    prd = parsed.value.prd;
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
});

function inRunOrder(prd: Prd): Story[] {
  const done: Story[] = [];
  const statusOf = (id: string) => (done.some((story) => story.id === id) ? 'completed' : 'open');
  for (let next = readyStories(prd.stories, statusOf)[0]; next; next = readyStories(prd.stories, statusOf)[0]) {
    done.push(next);
  }
  return done;
}
