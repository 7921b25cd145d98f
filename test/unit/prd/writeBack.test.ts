import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parse } from 'jsonc-parser';
import { setPasses } from '../../../src/prd/writeBack.js';

/** Writes JSON in some style, and remembers where the value of one property came to stand. */
class Writer {
  text = '';
  /** Where each story's `passes` value is, by story index. */
  readonly passesAt = new Map<number, readonly [number, number]>();

  constructor(
    readonly style: Style,
    readonly random: () => number,
  ) {
    if (style.bom) this.text += '\uFEFF';
  }

  value(value: unknown, depth: number, story?: number): void {
    if (Array.isArray(value)) {
      const stories = depth === 1;
      this.#list('[', ']', value, depth, (entry, index) => {
        this.value(entry, depth + 1, stories ? index : undefined);
      });
    } else if (typeof value === 'object' && value !== null) {
      this.#list('{', '}', Object.entries(value), depth, ([key, inner]: [string, unknown]) => {
        this.text += `${JSON.stringify(key)}${this.style.colon}`;
        const start = this.text.length;
        this.value(inner, depth + 1);
        if (story !== undefined && key === 'passes') this.passesAt.set(story, [start, this.text.length]);
      });
    } else {
      this.text += JSON.stringify(value);
    }
  }

  #list<T>(
    open: string,
    close: string,
    entries: readonly T[],
    depth: number,
    write: (entry: T, index: number) => void,
  ) {
    this.text += open;
    for (const [index, entry] of entries.entries()) {
      if (index > 0) this.text += ',';
      this.#gap(depth + 1);
      write(entry, index);
      if (this.style.comments && this.random() < 0.2) this.text += ' /* "passes": false, { */';
    }
    if (this.style.trailingComma && entries.length > 0) this.text += ',';
    if (entries.length > 0) this.#gap(depth);
    this.text += close;
  }

  #gap(depth: number): void {
    const { eol, indent, comments } = this.style;
    if (indent === undefined) return;
    if (comments && this.random() < 0.2) this.text += ` // "id": "S0"`;
    this.text += eol + indent.repeat(depth);
  }
}

interface Style {
  readonly bom: boolean;
  readonly eol: string;
  readonly indent: string | undefined;
  readonly colon: string;
  readonly comments: boolean;
  readonly trailingComma: boolean;
}

const style: fc.Arbitrary<Style> = fc.record({
  bom: fc.boolean(),
  eol: fc.constantFrom('\n', '\r\n'),
  indent: fc.constantFrom(undefined, '', '  ', '    ', '\t'),
  colon: fc.constantFrom(':', ': ', ' : '),
  comments: fc.boolean(),
  trailingComma: fc.boolean(),
});

/** A story's keys in any order, with unknown ones, decoys, and `passes` present or not. */
const story = fc
  .record(
    {
      title: fc.string(),
      acceptanceCriteria: fc.array(fc.string(), { maxLength: 2 }),
      passes: fc.constantFrom<unknown>(true, false, null),
      notes: fc.constantFrom('', '"passes": false', '// \\" }', '\u2028'),
      'x-unknown': fc.jsonValue({ maxDepth: 2 }),
      nested: fc.constant({ id: 'S0', passes: false }),
    },
    { requiredKeys: [] },
  )
  .chain((fields) => fc.shuffledSubarray(Object.entries(fields), { minLength: Object.keys(fields).length }))
  .chain((entries) => fc.nat({ max: entries.length }).map((at) => ({ entries, at })));

const file = fc
  .record({
    stories: fc.array(story, { minLength: 1, maxLength: 4 }),
    style,
    listKey: fc.constantFrom('userStories', 'stories'),
  })
  .chain((parts) =>
    fc.record({
      parts: fc.constant(parts),
      target: fc.nat({ max: parts.stories.length - 1 }),
      random: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
    }),
  );

describe('setPasses', () => {
  it('changes nothing but the one value, however the file is written', () => {
    fc.assert(
      fc.property(file, fc.boolean(), ({ parts, target, random }, passes) => {
        const stories = parts.stories.map(({ entries, at }, index) =>
          Object.fromEntries(entries.toSpliced(at, 0, ['id', `S${index}`])),
        );
        const writer = new Writer(parts.style, () => random.next().value as number);
        writer.value({ project: 'x', [parts.listKey]: stories, passes: 'root' }, 0);
        const before = writer.text;
        const edited = setPasses(before, `S${target}`, passes);
        assert.ok(edited.ok);
        const place = writer.passesAt.get(target);
        if (place) {
          assert.equal(edited.value, before.slice(0, place[0]) + String(passes) + before.slice(place[1]));
          return;
        }
        if (!passes) {
          assert.equal(edited.value, before);
          return;
        }
        const added = edited.value.length - before.length;
        const at = firstDifference(before, edited.value);
        assert.ok(endsSame(before, edited.value, at, added), 'only an insertion');
        const read = (text: string): unknown => parse(text.replace(/^\uFEFF/, ''), [], { allowTrailingComma: true });
        const expected = stories.map((fields, index) => (index === target ? { ...fields, passes: true } : fields));
        assert.deepEqual(
          read(edited.value),
          JSON.parse(JSON.stringify({ project: 'x', [parts.listKey]: expected, passes: 'root' })),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('adds an absent passes in the style of the file', () => {
    const set = (text: string): string => {
      const edited = setPasses(text, 'A', true);
      assert.ok(edited.ok);
      return edited.value;
    };
    const pretty = JSON.stringify({ userStories: [{ id: 'A', title: 't' }, { id: 'B' }] }, null, 2);
    assert.equal(
      set(pretty),
      JSON.stringify({ userStories: [{ id: 'A', title: 't', passes: true }, { id: 'B' }] }, null, 2),
    );
    const tabs = (value: unknown): string => JSON.stringify(value, null, '\t');
    assert.equal(set(tabs({ userStories: [{ id: 'A' }] })), tabs({ userStories: [{ id: 'A', passes: true }] }));
    assert.equal(set(pretty.replaceAll('\n', '\r\n')).split('\r\n').length, pretty.split('\n').length + 1);
    assert.equal(set('{"userStories":[{"id":"A"}]}'), '{"userStories":[{"id":"A","passes":true}]}');
    assert.equal(
      set('{ "userStories": [ { "id": "A", "title": "t" } ] }'),
      '{ "userStories": [ { "id": "A", "title": "t", "passes": true } ] }',
    );
  });

  it('takes a status back', () => {
    const text = '{"userStories":[{"id":"A","passes":true}]}';
    assert.deepEqual(setPasses(text, 'A', false), { ok: true, value: text.replace('true', 'false') });
  });

  it('fails when the story is gone or ambiguous, or the file is broken', () => {
    const reason = (text: string): string => {
      const edited = setPasses(text, 'A', true);
      return edited.ok ? 'no error' : edited.error;
    };
    assert.match(reason('{"userStories":[{"id":"B"}]}'), /A is not in the file any more/);
    assert.match(reason('{"userStories":[{"id":"A"},{"id":"A"}]}'), /there 2 times/);
    assert.match(reason('{"userStories":[{"id":"A","passes":true,"passes":false}]}'), /"passes" more than once/);
    assert.match(reason('{"userStories":[{"id":"A"}\n'), /^Line 2, column 1: .*expected/);
    assert.match(reason('[]'), /not in the file/);
    assert.match(reason(''), /not in the file/);
  });

  it('stays quick with thousands of stories', () => {
    const stories = Array.from({ length: 5_000 }, (_, index) => ({ id: `S${index}`, title: 't'.repeat(300) }));
    const text = JSON.stringify({ userStories: stories }, null, 2);
    const start = performance.now();
    assert.ok(setPasses(text, 'S4999', true).ok);
    assert.ok(performance.now() - start < 1_000);
  });
});

function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
}

/** What follows the first difference in `before` is exactly the end of `after`. */
function endsSame(before: string, after: string, at: number, added: number): boolean {
  return added > 0 && after.slice(at + added) === before.slice(at);
}
