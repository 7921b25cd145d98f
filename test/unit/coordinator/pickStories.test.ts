import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pickStories, type AtWork, type Scoped } from '../../../src/coordinator/pickStories.js';
import { commonScope } from '../../../src/prd/fileScope.js';

const entry = fc.constantFrom(
  'src/a.ts',
  'src/b.ts',
  'src',
  'src/*.ts',
  'docs',
  'docs/**/*.md',
  'test/c',
  'test',
  '**',
);
const file = fc.constantFrom('src/a.ts', 'src/b.ts', 'docs/x/y.md', 'test/c', 'other');

/** A story, and what it changes when it is at work, wherever its scope says that it works. */
interface Planned extends Scoped {
  readonly changes: readonly string[];
}

const stories: fc.Arbitrary<Planned[]> = fc
  .array(fc.record({ fileScope: fc.array(entry, { maxLength: 2 }), changes: fc.array(file, { maxLength: 2 }) }), {
    maxLength: 12,
  })
  .map((all) => all.map((story, index) => ({ id: `S${index}`, ...story })));

/** Plays a run to its end: one of those at work ends, the next begin. `look` sees each turn before they do. */
function play(
  all: readonly Planned[],
  workers: number,
  ends: readonly number[],
  look: (ready: readonly Planned[], atWork: readonly AtWork[], picked: ReturnType<typeof pickStories<Planned>>) => void,
): string[] {
  let ready = [...all];
  let atWork: AtWork[] = [];
  const begun: string[] = [];
  for (let turn = 0; ready.length + atWork.length > 0; turn += 1) {
    const picked = pickStories(ready, atWork, workers - atWork.length);
    look(ready, atWork, picked);
    // Nobody at work and nobody begins: that would be the end of it.
    assert.ok(atWork.length + picked.begin.length > 0, 'nothing goes on');
    begun.push(...picked.begin.map(({ id }) => id));
    ready = ready.filter((story) => !picked.begin.includes(story));
    atWork = [...atWork, ...picked.begin.map((story) => ({ story, touched: story.changes }))];
    atWork.splice((ends[turn % Math.max(1, ends.length)] ?? 0) % atWork.length, 1);
  }
  return begun;
}

const anyRun = [stories, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat({ max: 20 }))] as const;

const meet = (one: Scoped, other: Scoped): boolean => commonScope(one.fileScope, other.fileScope).length > 0;

describe('The stories that begin', () => {
  it('never work where the scope of another one at work says that it does, and are no more than there are places', () => {
    fc.assert(
      fc.property(...anyRun, (all, workers, ends) => {
        play(all, workers, ends, (_, atWork, { begin }) => {
          const together = [...atWork.map(({ story }) => story), ...begin];
          assert.ok(together.length <= workers);
          for (const [index, one] of together.entries()) {
            for (const other of together.slice(index + 1)) assert.ok(!meet(one, other), `${one.id} and ${other.id}`);
          }
        });
      }),
    );
  });

  it('leave no place empty that another one could take, and keep their order', () => {
    fc.assert(
      fc.property(...anyRun, (all, workers, ends) => {
        play(all, workers, ends, (ready, atWork, { begin }) => {
          assert.deepEqual(
            begin,
            ready.filter((story) => begin.includes(story)),
          );
          if (atWork.length + begin.length === workers) return;
          const busy = [...atWork, ...begin.map((story) => ({ story, touched: [] }))];
          for (const left of ready.filter((story) => !begin.includes(story))) {
            assert.deepEqual(pickStories([left], busy, 1).begin, [], left.id);
          }
        });
      }),
    );
  });

  it('come to their turn in the end, each once', () => {
    fc.assert(
      fc.property(...anyRun, (all, workers, ends) => {
        const begun = play(all, workers, ends, () => {});
        assert.deepEqual(begun.sort(), all.map(({ id }) => id).sort());
      }),
    );
  });

  it('are the first ones in line when none of them says where it works', () => {
    fc.assert(
      fc.property(stories, fc.integer({ min: 0, max: 4 }), (all, places) => {
        const silent = all.map((story) => ({ ...story, fileScope: [] }));
        const { begin, waiting } = pickStories(
          silent,
          [{ story: { id: 'X', fileScope: ['**'] }, touched: ['src/a.ts'] }],
          places,
        );
        assert.deepEqual(begin, silent.slice(0, places));
        assert.deepEqual(waiting, []);
      }),
    );
  });
});

describe('A story that waits', () => {
  const story = (id: string, ...fileScope: string[]): Scoped => ({ id, fileScope });
  const waits = (ready: readonly Scoped[], atWork: readonly AtWork[], places: number) =>
    pickStories(ready, atWork, places).waiting.map(({ story: { id }, on }) => [id, on]);

  it('is told with whom it waits for and where that one works: what it changed, or what its scope says', () => {
    const atWork = [
      { story: story('A', 'src'), touched: [] },
      { story: story('B'), touched: ['docs/a.md', 'src/api.ts'] },
      { story: story('C', 'test'), touched: ['test/a.ts'] },
    ];
    assert.deepEqual(waits([story('D', 'src/api.ts')], atWork, 1), [
      [
        'D',
        [
          { story: 'A', files: ['src'] },
          { story: 'B', files: ['src/api.ts'] },
        ],
      ],
    ]);
  });

  it('waits for one that begins in the same turn before it', () => {
    assert.deepEqual(waits([story('A', 'src'), story('B', 'src/b.ts')], [], 2), [
      ['B', [{ story: 'A', files: ['src'] }]],
    ]);
  });

  it('is one that would have begun now, not one that is further down the line', () => {
    const ready = [story('A', 'src'), story('B', 'src'), story('C', 'src'), story('D')];
    const { begin, waiting } = pickStories(ready, [], 2);
    assert.deepEqual(
      begin.map(({ id }) => id),
      ['A', 'D'],
    );
    assert.deepEqual(
      waiting.map(({ story: { id } }) => id),
      ['B'],
    );
  });
});
