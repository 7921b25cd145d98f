import assert from 'node:assert/strict';
import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { parseDocument } from 'yaml';
import { attemptsCsv } from '../../../src/state/attemptsCsv.js';
import { boardYaml } from '../../../src/state/boardYaml.js';
import { runReport } from '../../../src/state/runReport.js';
import type { RunState, StoryState } from '../../../src/state/runState.js';
import { storyDescriptionsJson } from '../../../src/state/storyDescriptions.js';

const now = Date.parse('2026-01-01T01:00:00.000Z');

/** Texts as agents, PRDs and scripts may bring them: anything, and what each format gives a meaning. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        ...[
          '\n',
          '\r',
          '\t',
          '\u2028',
          '\u0085',
          '\ufeff',
          '\ud800',
          '\0',
          ' ',
          '  ',
          '1.',
          '#',
          '##',
          '- ',
          '* ',
          '> ',
        ],
        ...[
          '`',
          '```',
          '<b>',
          '<!--',
          '&lt;',
          '[x](y)',
          '![',
          '](javascript:1)',
          '|',
          '---',
          '===',
          '_a_',
          '**b**',
          '~~~',
        ],
        ...[
          '=1+1',
          '@SUM(1)',
          '+',
          '-1',
          '"',
          '""',
          ',',
          "'",
          ': ',
          '{',
          '!!js/function',
          '&a',
          '*a',
          '%',
          'null',
          '\\',
        ],
        ...['words', 'https://example.org'],
      ),
      { maxLength: 6 },
    )
    .map((parts) => parts.join('')),
);

const story = (name: string, told: string): StoryState => ({
  ...{ id: name, title: told, description: told, priority: 1, dependsOn: [told], status: 'failed' },
  criteria: [{ index: 1, text: told, status: 'failed', message: told }],
  attempts: [
    {
      ...{ attempt: 1, startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:02:05.000Z', success: false },
      ...{ reason: 'gate-failed', message: told, usage: { inputTokens: 5, outputTokens: 6, costUsd: 0.25 } },
      ...{ commit: 'abcdef0123', ref: 'refs/storyloop/x' },
    },
  ],
  ...{ gates: [], commands: [], commits: [], reason: 'attempts-exhausted' },
});

function runOf(stories: readonly StoryState[], told = 'A title'): RunState {
  return {
    ...{ id: 'run_a1', prdId: 'repo-prd-1', project: 'repo-1', external: false, status: 'failed', title: told },
    ...{ term: 1, startedAt: '2026-01-01T00:00:00.000Z', endedAt: '2026-01-01T00:03:00.000Z' },
    updatedAt: '2026-01-01T00:03:00.000Z',
    ...{ branch: told, lastError: told, path: told, agent: told },
    current: [],
    stories: new Map(stories.map((one) => [one.id, one])),
    counts: { total: stories.length, completed: 0, failed: stories.length, criteria: stories.length, proved: 0 },
    seq: 9,
  };
}

const arbitraryRun = fc
  .tuple(
    text,
    fc.uniqueArray(fc.tuple(fc.oneof(text, fc.constantFrom('7', '__proto__', 'US-1')), text), {
      maxLength: 3,
      selector: ([name]) => name,
    }),
  )
  .map(([told, stories]) => ({
    told,
    stories,
    run: runOf(
      stories.map(([name, words]) => story(name, words)),
      told,
    ),
  }));

const whole = (value: string): string =>
  value.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');

describe('What a run says of itself as a file', () => {
  it('as JSON: each story by its id, with title, description and criteria, whatever they hold', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, stories }) => {
        const parsed = new Map(Object.entries(JSON.parse(storyDescriptionsJson(run)) as Record<string, unknown>));
        assert.deepEqual([...parsed.keys()].sort(), stories.map(([name]) => name).sort());
        for (const [name, told] of stories) {
          assert.deepEqual(parsed.get(name), { title: told, description: told, criteria: [told] });
        }
      }),
    );
  });

  it('as YAML: what a reader of YAML 1.2 finds is what the run holds, whatever that is', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, stories, told }) => {
        const document = parseDocument(boardYaml(run, 'failed'), { uniqueKeys: false });
        assert.deepEqual([...document.errors, ...document.warnings], []);
        const board = document.toJS({ mapAsMap: true }) as Map<string, unknown>;
        assert.equal(board.get('title'), whole(told));
        assert.deepEqual(
          [...(board.get('development_status') as Map<string, string>)],
          [...new Map(stories.map(([name]) => [whole(name), 'failed']))],
        );
        assert.deepEqual(
          (board.get('stories') as Map<string, unknown>[]).map((one) => [
            one.get('id'),
            one.get('title'),
            one.get('proved'),
          ]),
          stories.map(([name, words]) => [whole(name), whole(words), 0]),
        );
      }),
    );
  });

  it('as YAML: a status as people see it, and how far it is', () => {
    const text = boardYaml(runOf([story('US-1', 'Words')]), 'interrupted');
    assert.match(text, /^status: "interrupted"$/m);
    assert.match(text, /^development_status:\n {2}"US-1": "failed"\nstories:\n {2}- id: "US-1"\n/m);
  });

  it('as CSV: every cell comes back, and none is a formula', () => {
    fc.assert(
      fc.property(arbitraryRun, ({ run, stories }) => {
        const rows = parseCsv(attemptsCsv(run));
        assert.equal(rows.length, stories.length + 1);
        const width = rows[0]?.length;
        for (const [index, [name, told]] of stories.entries()) {
          const row = rows[index + 1] ?? [];
          assert.equal(row.length, width);
          for (const cell of row) assert.doesNotMatch(cell, /^[\s\p{C}]*[=+\-@]|^[\t\r\n]/u, cell);
          const back = (cell: string | undefined): string | undefined => cell?.replace(/^'/, '');
          const clean = (value: string): string => value.replaceAll('\0', '').replace(/^'/, '');
          assert.deepEqual([back(row[1]), back(row[2]), back(row[10])], [name, told, told].map(clean));
        }
      }),
    );
  });

  it('as CSV: attempts with their time, end and cost; a story without one has a line, too', () => {
    const open = { ...story('US-2', 'Later'), attempts: [], status: 'open' as const };
    const [head, first, second] = parseCsv(attemptsCsv(runOf([story('US-1', 'Words'), open])));
    assert.deepEqual(head?.slice(0, 9), [
      ...['run', 'story', 'title', 'story_status', 'attempt', 'started_at', 'ended_at', 'duration_s', 'result'],
    ]);
    assert.deepEqual(first?.slice(4), [
      ...['1', '2026-01-01T00:00:00.000Z', '2026-01-01T00:02:05.000Z', '125', 'failed', 'gate-failed', 'Words'],
      ...['5', '6', '0.25', 'abcdef0123', 'refs/storyloop/x'],
    ]);
    assert.deepEqual(second?.slice(1, 6), ['US-2', 'Later', 'open', '', '']);
  });

  it('as Markdown: texts are words, whatever they hold; nothing of them becomes a heading, a link, a list or HTML', () => {
    const markdown = new MarkdownIt({ html: true, linkify: true });
    const shape = (told: string): string[] =>
      markdown
        .parse(runReport(runOf([story('US-1', told), story('US-2', told)], told), 'failed', now), {})
        .flatMap((token) => [token, ...(token.children ?? [])])
        .filter(({ type }) => type !== 'text' && type !== 'text_special')
        .map(({ type, tag }) => `${type} ${tag}`);
    const plainShape = shape('word');
    fc.assert(
      // A text of nothing but spaces leaves its paragraph out.
      fc.property(text, (told) => {
        const found = shape(`a${told}`.length > 0 ? `${told}a` : told);
        assert.deepEqual(found, plainShape, told);
      }),
      { numRuns: 500 },
    );
  });

  it('as Markdown: what a person wants to know', () => {
    const report = runReport(runOf([story('US-1', 'Words')]), 'failed', now);
    assert.match(report, /^# A title\n\n- Run: run\\_a1\n- PRD: A title\n- Status: Finished with stories not done\n/);
    assert.match(report, /\n- Stories: 0 of 1 done, 1 failed\n- Criteria: 0 of 1 proved\n/);
    assert.match(report, /\n## US-1 Words\n\nFailed \(No attempts left\), 0 of 1 criteria proved\.\n\nWords\n/);
    assert.match(report, /\n- \[ \] Words: Failed\. Check failed: Words\n/);
    assert.match(
      report,
      /\n- Attempt 1: failed; Gate failed; Words; 2m 05s; Used 11 tokens, \\\$0\.25; commit abcdef01\n$/,
    );
  });
});

/** RFC 4180, strictly. */
function parseCsv(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (field.lastIndex < csv.length) {
    const at = field.lastIndex;
    const [, quoted, bare = '', end] = field.exec(csv) ?? assert.fail(`no field at ${at}`);
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
