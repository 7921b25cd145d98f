import assert from 'node:assert/strict';
import { parsePrd } from '../../../src/prd/parsePrd.js';
import type { Prd } from '../../../src/prd/prd.js';

const story = (id: string, more: object = {}): object => ({
  id,
  title: `Title of ${id}`,
  acceptanceCriteria: ['Tests pass'],
  ...more,
});

const prdText = (stories: readonly unknown[], more: object = {}): string =>
  JSON.stringify({ project: 'Shop', userStories: stories, ...more }, null, 2);

function read(text: string): Prd {
  const parsed = parsePrd(text);
  assert.ok(parsed.ok, JSON.stringify(parsed));
  assert.deepEqual(parsed.value.warnings, []);
  return parsed.value.prd;
}

/** Problems as `line:column severity message`. */
function problems(text: string): string[] {
  const parsed = parsePrd(text);
  const found = parsed.ok ? parsed.value.warnings : parsed.error;
  assert.ok(parsed.ok || found.some(({ severity }) => severity === 'error'));
  return found.map(({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}`);
}

function hasProblem(text: string, pattern: RegExp): void {
  const found = problems(text);
  assert.ok(
    found.some((problem) => pattern.test(problem)),
    found.join('\n') || 'no problem',
  );
}

describe('parsePrd', () => {
  it('reads the model that is suggested for a story, and takes nothing for one that could be an option', () => {
    const models = read(prdText([story('US-1', { suggestedModel: ' sonnet ' }), story('US-2')])).stories;
    assert.deepEqual(
      models.map(({ suggestedModel }) => suggestedModel),
      ['sonnet', undefined],
    );
    for (const suggestedModel of ['--settings', 'a b', 5]) {
      const text = prdText([story('US-1', { suggestedModel })]);
      hasProblem(text, /warning Story US-1: "suggestedModel" is not the name of a model/);
      const parsed = parsePrd(text);
      assert.equal(parsed.ok && parsed.value.prd.stories[0]?.suggestedModel, undefined);
    }
  });

  it('reads where a story works, in one way of writing it, and says where that is no list of paths', () => {
    const fileScope = ['./src/hub/', 'src/hub', '/docs/*.md', 'app/[id]/page.tsx', '.'];
    const [scoped] = read(prdText([story('US-1', { fileScope })])).stories;
    assert.deepEqual(scoped?.fileScope, ['src/hub', 'docs/*.md', 'app/[id]/page.tsx', '**']);
    hasProblem(prdText([story('US-1', { fileScope: 'src' })]), /^10:\d+ error Story US-1: "fileScope" must be a list/);
    hasProblem(
      prdText([story('US-1', { fileScope: [5] })]),
      /^11:\d+ error Story US-1: entry 1 of "fileScope" must be text/,
    );
    hasProblem(prdText([story('US-1', { fileScope: ['a'.repeat(5_000)] })]), /an entry of "fileScope" is longer than/);
  });

  it('reads a PRD in the ralph format', () => {
    const prd = read(
      prdText(
        [
          story('US-001', { description: 'As a buyer', priority: 7, notes: 'n', passes: true }),
          story('US-002', { dependsOn: ['US-001'] }),
        ],
        { branchName: 'ralph/cart', description: 'Cart' },
      ),
    );
    assert.deepEqual(prd, {
      title: 'Shop',
      description: 'Cart',
      branchName: 'ralph/cart',
      stories: [
        {
          id: 'US-001',
          title: 'Title of US-001',
          description: 'As a buyer',
          criteria: [{ index: 1, text: 'Tests pass', check: { kind: 'gate', gate: 'test' } }],
          priority: 7,
          dependsOn: [],
          passes: true,
          notes: 'n',
          fileScope: [],
        },
        {
          id: 'US-002',
          title: 'Title of US-002',
          description: '',
          criteria: [{ index: 1, text: 'Tests pass', check: { kind: 'gate', gate: 'test' } }],
          priority: 3,
          dependsOn: ['US-001'],
          passes: false,
          notes: '',
          fileScope: [],
        },
      ],
    });
  });

  it('accepts the names that other tools use', () => {
    const stories = [story('A'), story('B', { dependencies: ['A'] })];
    for (const key of ['project', 'name', 'productName', 'title']) {
      const prd = read(JSON.stringify({ [key]: 'Shop', stories }));
      assert.equal(prd.title, 'Shop');
      assert.deepEqual(prd.stories[1]?.dependsOn, ['A']);
    }
  });

  it('orders words of priority from critical to low, and reads digits in quotes', () => {
    const words = ['low', 'Medium', 'HIGH', 'critical', 'P1', '12'];
    const prd = read(prdText(words.map((priority, index) => story(`S${index}`, { priority }))));
    assert.deepEqual(
      prd.stories.map(({ priority }) => priority),
      [4, 3, 2, 1, 1, 12],
    );
  });

  it('warns of an unknown word of priority and takes it for medium', () => {
    const text = prdText([story('A', { priority: 'urgent' })]);
    hasProblem(text, /^10:\d+ warning .*"urgent" is unknown/);
    const parsed = parsePrd(text);
    assert.equal(parsed.ok && parsed.value.prd.stories[0]?.priority, 3);
  });

  it('warns of a story without criteria and of a PRD without a name', () => {
    const found = problems(JSON.stringify({ userStories: [{ id: 'A', title: 'a' }] }));
    assert.equal(found.length, 2);
    assert.match(found[0] ?? '', /^1:1 warning The PRD has no "project"/);
    assert.match(found[1] ?? '', /^1:17 warning Story A has no acceptance criteria/);
  });

  it('takes null for absent where a field may be absent', () => {
    const prd = read(
      prdText([story('A', { notes: null, passes: null, priority: null, dependsOn: null, description: null })], {
        branchName: null,
      }),
    );
    assert.equal(prd.branchName, undefined);
    assert.equal(prd.stories[0]?.passes, false);
  });

  it('makes titles one line, so that they cannot add lines to a commit message', () => {
    assert.equal(read(prdText([story('A', { title: ' a\n\nRun-Id:\tx ' })])).stories[0]?.title, 'a Run-Id: x');
  });

  it('tolerates a BOM, CRLF, comments and trailing commas', () => {
    const text = prdText([story('A')])
      .replace('{', '{ // why\n/* because */')
      .replace('"Tests pass"', '"Tests pass",');
    assert.deepEqual(read(`\uFEFF${text.replaceAll('\n', '\r\n')}`), read(prdText([story('A')])));
  });

  for (const [eol, name] of [
    ['\n', 'LF'],
    ['\r\n', 'CRLF'],
  ] as const) {
    it(`counts lines and columns from 1, with ${name} and after a BOM too`, () => {
      const lines = ['{ "project": "x",', '  "userStories": [', '    { "id": "A", "title": 7 }', '] }'];
      hasProblem(`\uFEFF${lines.join(eol)}`, /^3:27 error .*"title" must be text/);
      hasProblem(`\uFEFF{ "project": 7, "userStories": [] }`, /^1:14 error .*"project" must be text/);
    });
  }

  it('says what was expected where the JSON is broken, once', () => {
    const cases: readonly (readonly [string, RegExp])[] = [
      ['{"a": 1\n  "b": 2}', /^2:3 error The JSON is broken: expected ","/],
      ['{"a" 1}', /^1:6 .*expected ":"/],
      ["{'a': 1}", /^1:2 .*double quotes/],
      ['{"a": "x\n"}', /^1:7 .*closing double quote/],
      ['{"userStories": [', /^1:18 .*expected "\]".*the file ends here/],
      ['{"userStories": []', /^1:19 .*expected "}".*the file ends here/],
      ['{} {}', /^1:4 .*end of the file/],
      ['# Stories', /^1:1 /],
    ];
    for (const [text, pattern] of cases) {
      const found = problems(text);
      assert.equal(found.length, 1, text);
      assert.match(found[0] ?? '', pattern);
    }
  });

  it('says what a PRD looks like when the file is something else', () => {
    hasProblem(' \n', /error The file is empty.*userStories/);
    hasProblem('[]', /error A PRD is an object .*not a list/);
    hasProblem('{"tasks": []}', /error The PRD has no "userStories" \(found "tasks"\)/);
    hasProblem('{"userStories": {}}', /"userStories" must be a list \[ … \], not an object/);
    hasProblem('{"userStories": []}', /"userStories" is empty/);
    hasProblem('['.repeat(200_000), /nested too deeply/);
  });

  it('names every field of a wrong type or without content', () => {
    hasProblem(prdText(['x']), /Story 1 must be an object/);
    hasProblem(prdText([{ title: 't' }]), /Story 1: "id" is missing or empty/);
    hasProblem(prdText([story('A', { id: 5 })]), /Story 1: "id" must be text in double quotes, not a number/);
    hasProblem(prdText([story('A', { title: ' ' })]), /^6:\d+ error Story A: "title" is missing or empty/);
    hasProblem(prdText([story('A', { passes: 'yes' })]), /"passes" must be true or false/);
    hasProblem(prdText([story('A', { priority: [] })]), /"priority" must be a number/);
    hasProblem(prdText([story('A', { notes: {} })]), /"notes" must be text/);
    hasProblem(prdText([story('A', { acceptanceCriteria: 'x' })]), /"acceptanceCriteria" must be a list/);
    hasProblem(prdText([story('A', { acceptanceCriteria: ['x', ' '] })]), /entry 2 of "acceptanceCriteria" is empty/);
    hasProblem(prdText([story('A', { acceptanceCriteria: [1] })]), /entry 1 of "acceptanceCriteria" must be text/);
    hasProblem(prdText([story('A', { dependsOn: 'B' })]), /"dependsOn" must be a list of texts: \["US-001"/);
    hasProblem(prdText([story('A', { notes: 'x'.repeat(65_537) })]), /"notes" is longer than 65536 characters/);
  });

  it('reports a key that is given twice, because programs disagree about which one counts', () => {
    const text = '{"project": "x",\n"userStories": [{"id": "A", "title": "t", "passes": true,\n "passes": false}]}';
    hasProblem(text, /^3:2 error Story A has "passes" more than once \(also on line 2\)/);
    hasProblem('{"userStories": [],\n"stories": []}', /"userStories" and "stories" more than once/);
  });

  it('names both lines of a duplicate id', () => {
    const text =
      '{"userStories": [\n{"id": "A", "title": "t"},\n{"id": "B", "title": "t"},\n{"id": "A", "title": "t"}]}';
    hasProblem(text, /^4:8 error "A" is the id of two stories, on lines 2 and 4/);
    hasProblem(text.replace(/"A"(?!.*\n)/, '"b"'), /"b" and "B" differ only by case, on lines 3 and 4/);
  });

  it('refuses ids that cannot be part of file, ref and trailer names', () => {
    for (const id of ['a b', '-a', 'ä', 'a/b', 'a'.repeat(65), 'a..b', 'a.lock', 'a.', '.a', '../x', 'a\nb', 'Tip']) {
      hasProblem(prdText([story(id)]), /the id cannot be used/);
    }
    for (const id of ['1', 'US-001', 'a.b_c-d', 'a'.repeat(64)])
      assert.equal(read(prdText([story(id)])).stories[0]?.id, id);
  });

  it('names an unknown dependency at its place', () => {
    const text = '{"project": "x", "userStories": [{"id": "A", "title": "t",\n"dependsOn": ["Z", "a"]}]}';
    hasProblem(text, /^2:15 error Story A depends on "Z", which is not a story of this PRD\. Remove it/);
    hasProblem(text, /^2:20 error .*Did you mean "A"\?/);
  });

  it('names the stories of a cycle in its order', () => {
    const cycle = prdText([
      story('US-001', { dependsOn: ['US-002'] }),
      story('US-002', { dependsOn: ['US-003'] }),
      story('US-003', { dependsOn: ['US-001'] }),
    ]);
    hasProblem(cycle, /wait for each other: US-001 → US-002 → US-003 → US-001\./);
    hasProblem(prdText([story('A', { dependsOn: ['A'] })]), /wait for each other: A → A\./);
  });

  it('names what git would refuse in a branch name', () => {
    hasProblem(prdText([story('A')], { branchName: 'a b' }), /"a b" cannot be a branch name: a space is not allowed/);
  });

  it('reports all problems of a file in its order', () => {
    const lines = problems(
      prdText([story('a b'), story('B', { passes: 1, dependsOn: ['X'] }), story('C', { title: 1 })]),
    );
    const places = lines.map((line) => Number(line.split(':')[0]));
    assert.equal(lines.length, 4);
    assert.deepEqual(
      places,
      places.toSorted((a, b) => a - b),
    );
  });

  it('reads thousands of stories in a moment', () => {
    const stories = Array.from({ length: 5_000 }, (_, index) =>
      story(`S${index}`, { description: 'd'.repeat(300), dependsOn: index > 0 ? [`S${index - 1}`] : [] }),
    );
    const start = performance.now();
    assert.equal(read(prdText(stories)).stories.length, 5_000);
    assert.ok(performance.now() - start < 3_000);
  });
});
