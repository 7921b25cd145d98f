import assert from 'node:assert/strict';
import fc from 'fast-check';
import { LineSplitter } from '../../../src/agents/lineSplitter.js';

function split(chunks: readonly Buffer[], maxCharacters?: number): string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line), maxCharacters);
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return lines;
}

describe('LineSplitter', () => {
  it('gives the lines that are not blank, wherever the bytes are cut, with or without a newline at the end', () => {
    const text = fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '😀', ' ', '\n', '\r') }), { maxLength: 6 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 10 }), (parts, offsets) => {
        const bytes = Buffer.from(parts.join('\n'));
        const cuts = [0, ...offsets.map((offset) => offset % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
        const expected = parts
          .join('\n')
          .split('\n')
          .filter((line) => line.trim() !== '');
        assert.deepEqual(split(chunks), expected);
      }),
    );
  });

  it('leaves out a line that is too long to keep, and only that', () => {
    const chunks = ['ab\n', 'xxx', 'xxx', 'x\ncd', '\n'].map((part) => Buffer.from(part));
    assert.deepEqual(split(chunks, 6), ['ab', 'cd']);
  });
});
