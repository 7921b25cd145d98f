import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentProgress } from '../../../src/agents/agent.js';
import { ClaudeStream } from '../../../src/agents/claudeStream.js';
import { assistant, init, line, result, toolResult, usage } from './claudeFixtures.js';

interface Read {
  readonly progress: AgentProgress[];
  readonly turns: boolean[];
  readonly stream: ClaudeStream;
}

function read(...chunks: readonly (string | Buffer)[]): Read {
  const progress: AgentProgress[] = [];
  const turns: boolean[] = [];
  const stream = new ClaudeStream({
    onProgress: (said) => progress.push(said),
    onTurn: (isOver) => turns.push(isOver),
  });
  for (const chunk of chunks) stream.push(Buffer.from(chunk));
  stream.end();
  return { progress, turns, stream };
}

const outputOf = ({ progress }: Read): string =>
  progress.map((said) => (said.kind === 'output' ? said.text : '')).join('');
const kind = <K extends AgentProgress['kind']>({ progress }: Read, wanted: K) =>
  progress.filter((said): said is Extract<AgentProgress, { kind: K }> => said.kind === wanted);

const attempt = [
  init(),
  assistant({ type: 'text', text: 'I add ü.' }),
  assistant({ type: 'thinking', thinking: 'hidden' }),
  assistant({ type: 'tool_use', id: 't1', name: 'Bash', input: { command: 'npm test\nexit', description: 'd' } }),
  toolResult('Exit code 2\nnot ok 1', true),
  assistant({ type: 'tool_use', id: 't2', name: 'mcp__storyloop__report_criterion', input: { criterion: 'AC-2' } }),
  toolResult([{ type: 'text', text: 'noted' }]),
  result({ model_usage_since_last_result: usage(10, 2, 0.5) }),
];

describe('ClaudeStream', () => {
  it('makes words, tools and what they answered readable, and leaves thinking out', () => {
    assert.equal(
      outputOf(read(attempt.join(''))),
      [
        'I add ü.',
        '▶ Bash: npm test …',
        '  ✗ Exit code 2',
        '  not ok 1',
        '▶ mcp__storyloop__report_criterion: AC-2',
        '  noted',
        '',
      ].join('\n'),
    );
  });

  it('says the same wherever the stream is cut', () => {
    const bytes = Buffer.from(attempt.join(''));
    const whole = read(bytes);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 40 }), (offsets) => {
        const cuts = [0, ...offsets.sort((a, b) => a - b), bytes.length];
        const cut = read(...cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end)));
        assert.deepEqual(cut.progress, whole.progress);
        assert.deepEqual(cut.turns, whole.turns);
        assert.deepEqual(cut.stream.result, whole.stream.result);
      }),
      { numRuns: 100 },
    );
  });

  it('ignores types, subtypes and blocks that it does not know, and what is no JSON', () => {
    const odd = [
      'not JSON\n',
      line({ type: 'stream_event', event: {} }),
      line({ type: 'system', subtype: 'hook_started' }),
      line({ type: 'tool_progress' }),
      line({ type: 'assistant', message: 'odd' }),
      line({ type: 'result' }),
      '[]\nnull\n7\n',
      assistant({ type: 'image', source: {} }),
    ];
    assert.deepEqual(read(odd.join('')).progress, []);
    assert.deepEqual(read(...attempt.flatMap((one) => [...odd, one])).progress, read(attempt.join('')).progress);
  });

  it('knows a terminal line whatever is odd about what only counts', () => {
    const { stream } = read(
      result({ usage: 'x', modelUsage: 7, model_usage_since_last_result: [], errors: {}, permission_denials: 'x' }),
    );
    assert.equal(stream.result?.is_error, false);
  });

  it('tells usage with what came from the cache, summed over the models', () => {
    const used = {
      ...usage(10, 2, 0.5),
      small: {
        inputTokens: 1,
        outputTokens: 1,
        cacheReadInputTokens: 100,
        cacheCreationInputTokens: 1_000,
        costUSD: 1,
      },
    };
    const seen = read(result({ model_usage_since_last_result: used, modelUsage: usage(99, 99, 99) }));
    assert.deepEqual(kind(seen, 'usage'), [{ kind: 'usage', inputTokens: 1_111, outputTokens: 3, costUsd: 1.5 }]);
  });

  it('tells the difference where a version knows only the whole session', () => {
    const seen = read(
      init() + result({ modelUsage: usage(10, 2, 0.5) }),
      init() + result({ modelUsage: usage(15, 4, 0.75) }),
    );
    assert.deepEqual(
      kind(seen, 'usage').map(({ inputTokens, outputTokens, costUsd }) => [inputTokens, outputTokens, costUsd]),
      [
        [10, 2, 0.5],
        [5, 2, 0.25],
      ],
    );
  });

  it('is over after the result, and goes on when another turn begins', () => {
    const { turns, stream } = read(init(), result(), init());
    assert.deepEqual(turns, [false, true, false]);
    assert.equal(stream.result, undefined);
  });

  it('knows when the limit that refused it is lifted, where that is told', () => {
    const event = (status: string, resetsAt?: unknown) =>
      line({ type: 'rate_limit_event', rate_limit_info: { status, resetsAt } });
    assert.equal(read(event('rejected', 1_800_000_000)).stream.resetsAt, '2027-01-15T08:00:00.000Z');
    assert.equal(read(event('rejected', 'soon')).stream.resetsAt, undefined);
    assert.equal(read(event('allowed_warning', 1_800_000_000)).stream.resetsAt, undefined);
  });

  it('warns when our MCP server could not be reached, and once of each tool that was not allowed', () => {
    const texts = (seen: Read) => kind(seen, 'warning').map(({ message }) => message);
    assert.deepEqual(texts(read(init('connected'))), []);
    assert.match(texts(read(init('failed'), init('failed'))).join('|'), /^[^|]*MCP server[^|]*$/);
    const denied = result({ permission_denials: ['Bash', 'WebFetch', 'Bash'].map((tool_name) => ({ tool_name })) });
    assert.match(texts(read(denied)).join('|'), /^[^|]*use Bash, WebFetch\.[^|]*allowedTools[^|]*$/);
  });

  it('passes on no sequence that steers a terminal', () => {
    const text = outputOf(
      read(
        assistant({ type: 'text', text: '\u001b[31mred\u001b[0m' }),
        assistant({ type: 'tool_use', name: 'Bash\u001b[2J', input: { command: '\u001b]0;title\u0007ls' } }),
        toolResult('\u009b5n ok'),
      ),
    );
    // eslint-disable-next-line no-control-regex -- those are what is meant
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
    assert.match(text, /red\n▶ Bash: ls\n/);
  });

  it('shortens what a tool answers, never what Claude says', () => {
    const long = Array.from({ length: 500 }, (_, index) => `line ${index}`).join('\n');
    assert.equal(outputOf(read(assistant({ type: 'text', text: long }))), `${long}\n`);
    const shown = outputOf(read(toolResult(long))).split('\n');
    assert.equal(shown.length, 32);
    assert.equal(shown.at(-2), '  …');
  });
});
