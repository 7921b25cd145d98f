import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convert } from '../src/convert.js';

test('converts Celsius to Fahrenheit', () => {
  assert.equal(convert(0, 'C', 'F'), 32);
  assert.equal(convert(100, 'C', 'F'), 212);
});

test('converts Fahrenheit to Celsius', () => {
  assert.equal(convert(32, 'F', 'C'), 0);
  assert.equal(convert(-40, 'F', 'C'), -40);
});

test('leaves a value alone when the units are the same', () => {
  assert.equal(convert(36.6, 'C', 'C'), 36.6);
});
