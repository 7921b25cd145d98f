import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../src/cli.js';

async function tempconv(...args) {
  const lines = [];
  const print = (line) => lines.push(line);
  const code = await run(args, { out: print, err: print });
  return { code, lines };
}

test('prints the result with its unit', async () => {
  assert.deepEqual(await tempconv('100', 'C', 'F'), { code: 0, lines: ['212 F'] });
});

test('accepts a temperature below zero', async () => {
  assert.deepEqual(await tempconv('-40', 'C', 'F'), { code: 0, lines: ['-40 F'] });
});

test('explains itself when arguments are missing', async () => {
  const { code, lines } = await tempconv('100');
  assert.equal(code, 2);
  assert.match(lines[0], /^Usage: tempconv/);
});
