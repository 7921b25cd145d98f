import assert from 'node:assert/strict';
import fc from 'fast-check';
import { appendOutput, lastLines, plainText } from '../../../src/state/outputText.js';

const ESC = '\u001b';

describe('Output of commands', () => {
  it('is shown without colours, titles and cursor movement', () => {
    assert.equal(
      plainText(`${ESC}[1;31mred${ESC}[0m ${ESC}]0;title\u0007${ESC}[2K${ESC}[1Aplain${ESC}(B`),
      'red plain',
    );
  });

  it('shows the last state of a line that was overwritten', () => {
    assert.equal(plainText('10 %\r50 %\r100 %\ndone\r\n'), '100 %\ndone\n');
  });

  it('ends with the last lines that say something', () => {
    assert.equal(lastLines('a\nb\nc\n\n\n', 2), 'b\nc');
  });

  it('puts messages without line ends on lines of their own, and keeps chunks as they are', () => {
    assert.equal(appendOutput(appendOutput('', 'one'), 'two'), 'one\ntwo');
    assert.equal(appendOutput('one\n', 'two\n'), 'one\ntwo\n');
  });

  it('keeps the newest text and stays bounded, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 4_000 }), { minLength: 1, maxLength: 20 }), (messages) => {
        const output = messages.reduce(appendOutput, '');
        assert.ok(output.length <= 8_192);
        const newest = messages.at(-1) ?? '';
        assert.ok(output.endsWith(newest));
      }),
    );
    assert.equal(appendOutput('', 'x'.repeat(20_000)).length, 8_192);
  });
});
