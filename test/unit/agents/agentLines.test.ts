import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentProgress } from '../../../src/agents/agent.js';
import { AgentLineReader, type AgentLimit } from '../../../src/agents/agentLines.js';

/** Output that follows output is one: how it is passed on depends on how it came. */
function read(...chunks: readonly (string | Buffer)[]): AgentProgress[] {
  const progress: AgentProgress[] = [];
  const reader = new AgentLineReader((said) => {
    const last = progress.at(-1);
    if (said.kind !== 'output' || last?.kind !== 'output') progress.push(said);
    else progress.splice(-1, 1, { kind: 'output', text: last.text + said.text });
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return progress;
}

const outputOf = (progress: readonly AgentProgress[]): string =>
  progress.map((said) => (said.kind === 'output' ? said.text : '')).join('');

const claimedTest = fc.record(
  { file: fc.string({ minLength: 1 }), name: fc.string({ minLength: 1, unit: 'binary' }) },
  { noNullPrototype: true },
);
const claim = fc
  .record({
    acIndex: fc.integer({ min: 1, max: 99 }),
    test: fc.option(claimedTest, { nil: undefined }),
    note: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
  })
  .map(({ acIndex, test, note }) => {
    const progress: AgentProgress = { kind: 'claim', acIndex, test, note };
    return { text: `${JSON.stringify({ storyloop: 'claim', criterion: acIndex, test, note })}\n`, progress };
  });
const output = fc
  .oneof(
    fc.string({ unit: fc.constantFrom('a', '{', '"', 'é', '😀', ' ', '\t') }),
    fc.integer({ min: 65_530, max: 65_545 }).map((length) => 'x'.repeat(length)),
    fc.constant('x'.repeat(200_000)),
  )
  .map((text) => ({ text: `${text}\n`, progress: undefined }));

describe('AgentLineReader', () => {
  it('says the same wherever the stream is cut, every claim as it was made and every other line in place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(claim, output), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (lines, offsets) => {
          const bytes = Buffer.from(lines.map(({ text }) => text).join(''));
          const cuts = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
          const chunks = cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut));
          const cut = read(...chunks);
          assert.deepEqual(cut, read(bytes));
          assert.deepEqual(
            cut.filter(({ kind }) => kind === 'claim'),
            lines.flatMap(({ progress }) => progress ?? []),
          );
          assert.equal(outputOf(cut), lines.map(({ text, progress }) => (progress ? '' : text)).join(''));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads a claim with nothing but its criterion, with a file alone, with CRLF, and at the end without newline', () => {
    assert.deepEqual(
      read(
        '{"storyloop":"claim","criterion":1}\r\n',
        '{"storyloop":"claim","criterion":2,"test":{"file":"a.js"},"extra":1}\n',
        '{"storyloop":"claim","criterion":3,"note":"n"}',
      ),
      [
        { kind: 'claim', acIndex: 1, test: undefined, note: undefined },
        { kind: 'claim', acIndex: 2, test: { file: 'a.js' }, note: undefined },
        { kind: 'claim', acIndex: 3, test: undefined, note: 'n' },
      ],
    );
  });

  it('reads usage, with cost or without', () => {
    assert.deepEqual(
      read(
        '{"storyloop":"usage","input_tokens":10,"output_tokens":2,"cost_usd":0.5}\n',
        '{"storyloop":"usage","input_tokens":1,"output_tokens":0}\n',
      ),
      [
        { kind: 'usage', inputTokens: 10, outputTokens: 2, costUsd: 0.5 },
        { kind: 'usage', inputTokens: 1, outputTokens: 0, costUsd: undefined },
      ],
    );
  });

  it('takes every line that is not exactly that as output', () => {
    const lines = [
      'text',
      '{"storyloop":"claim","criterion":0}',
      '{"storyloop":"claim","criterion":"1"}',
      '{"storyloop":"claim"}',
      '{"storyloop":"done"}',
      '{"type":"assistant"}',
      '{"storyloop":"claim","criterion":1',
      'I say {"storyloop":"claim","criterion":1}',
      '[{"storyloop":"claim","criterion":1}]',
      '',
    ].map((line) => `${line}\n`);
    assert.deepEqual(read(lines.join('')), [{ kind: 'output', text: lines.join('') }]);
  });

  it('takes no claim from the end of a line that is too long to be one', () => {
    const line = `${'x'.repeat(64 * 1024)}{"storyloop":"claim","criterion":1}\n`;
    const progress = read(line);
    assert.ok(progress.every(({ kind }) => kind === 'output'));
    assert.equal(outputOf(progress), line);
  });

  it('passes on no sequence that steers a terminal', () => {
    assert.equal(
      outputOf(read('\u001b[31mred\u001b[0m \u001b]0;title\u0007 \u001b[2J\u0007bell\b 10%\r20%\r\ntab\t\u009b5n\n')),
      'red  bell 10%\n20%\ntab\t\n',
    );
  });

  it('tells of a limit apart from what the agent does, and takes an odd line of that kind for output', () => {
    const limits: AgentLimit[] = [];
    const progress: AgentProgress[] = [];
    const reader = new AgentLineReader(
      (said) => progress.push(said),
      (limit) => limits.push(limit),
    );
    const lines = [
      { reason: 'agent-rate-limited', resets_at: '2027-01-15T09:00:00+01:00' },
      { reason: 'agent-unavailable' },
      { reason: 'agent-failed' },
      { reason: 'agent-rate-limited', resets_at: 'soon' },
    ].map((fields) => JSON.stringify({ storyloop: 'limit', ...fields }));
    reader.push(Buffer.from(`${lines.join('\n')}\n`));
    assert.deepEqual(limits, [
      { reason: 'agent-rate-limited', resetsAt: '2027-01-15T09:00:00+01:00' },
      { reason: 'agent-unavailable', resetsAt: undefined },
    ]);
    assert.equal(outputOf(progress), `${lines[2] ?? ''}\n${lines[3] ?? ''}\n`);
  });
});
