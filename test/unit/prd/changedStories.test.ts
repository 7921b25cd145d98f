import assert from 'node:assert/strict';
import { changedStories } from '../../../src/prd/changedStories.js';
import { parsePrd } from '../../../src/prd/parsePrd.js';
import type { Prd } from '../../../src/prd/prd.js';

const story = (id: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...{ id, title: id, description: 'd', acceptanceCriteria: ['It works'], priority: 1, passes: false, notes: '' },
  ...more,
});

function prd(...stories: Record<string, unknown>[]): Prd {
  const parsed = parsePrd(JSON.stringify({ project: 'P', userStories: stories }));
  assert.ok(parsed.ok);
  return parsed.value.prd;
}

describe('What was changed in a PRD', () => {
  const before = prd(story('US-1'), story('US-2'));

  for (const [what, change] of Object.entries({
    'the title': { title: 'Other' },
    'the description': { description: 'Other' },
    'a criterion': { acceptanceCriteria: ['It works', 'And more'] },
    'the priority': { priority: 2 },
    'the notes': { notes: 'Other' },
    'what it depends on': { dependsOn: ['US-1'] },
    'where it works': { fileScope: ['src'] },
  })) {
    it(`is ${what} of a story`, () => {
      assert.deepEqual(changedStories(before, prd(story('US-1'), story('US-2', change))), ['US-2']);
    });
  }

  it('is a story that is there no more, or was not there', () => {
    assert.deepEqual(changedStories(before, prd(story('US-2'), story('US-3'))), ['US-1', 'US-3']);
  });

  it('is not whether a story passes, nor the order of the file', () => {
    assert.deepEqual(changedStories(before, prd(story('US-2', { passes: true }), story('US-1'))), []);
  });
});
