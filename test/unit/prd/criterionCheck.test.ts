import assert from 'node:assert/strict';
import { criterionCheck } from '../../../src/prd/criterionCheck.js';

describe('criterionCheck', () => {
  it('reads the gate that a criterion names', () => {
    const gates = {
      test: [
        'Tests pass',
        'All tests pass',
        'all tests pass.',
        'Unit tests pass',
        'The test suite passes',
        '`npm test` passes',
        'Existing tests still pass',
        'Tests are green',
      ],
      typecheck: [
        'Typecheck passes',
        'TypeScript passes without errors',
        'Type check passes',
        'npm run typecheck passes',
        'No type errors',
      ],
      lint: [
        'Lint passes',
        'ESLint passes',
        'Linting passes with no errors',
        'npm run lint succeeds',
        'No lint errors',
      ],
    };
    for (const [gate, texts] of Object.entries(gates)) {
      for (const text of texts) assert.deepEqual(criterionCheck(text), { kind: 'gate', gate }, text);
    }
  });

  it('sees no gate where a text says more, or something else, than that the gate passes', () => {
    for (const text of [
      'Tests for the parser pass',
      'Unit tests written and passing',
      'Integration tests pass',
      'Typecheck and lint pass',
      'All tests pass on Windows',
      'Tests pass and coverage is above 80%',
      'Verify in browser using dev-browser skill',
      'The tests are deleted',
      'Password tests pass through the proxy',
      '',
    ]) {
      assert.equal(criterionCheck(text), undefined, text);
    }
  });

  it('reads the command after verify: at the end of a criterion', () => {
    for (const [text, command] of [
      ['verify: npm test -- crlf', 'npm test -- crlf'],
      ['Accepts CRLF (verify: npm test -- crlf)', 'npm test -- crlf'],
      ['Accepts CRLF (verify: npm test -- crlf).', 'npm test -- crlf'],
      ['Accepts CRLF `verify: npm test -- crlf`', 'npm test -- crlf'],
      ['Accepts CRLF. verify: `npm test -- crlf`', 'npm test -- crlf'],
      ['Accepts CRLF (verify: `npm test -- crlf`)', 'npm test -- crlf'],
      ['Answers (verify: node -e "process.exit(f(1))")', 'node -e "process.exit(f(1))"'],
      ['Verify: accepts CRLF (verify: npm test -- crlf)', 'npm test -- crlf'],
      ['Tests pass (verify: npm test -- crlf)', 'npm test -- crlf'],
    ] as const) {
      assert.deepEqual(criterionCheck(text), { kind: 'command', command }, text);
    }
  });

  it('never makes a command of prose', () => {
    for (const text of [
      'Verify: the button is red',
      'Please verify that it works',
      'Accepts CRLF (verify: npm test) and LF',
      'self-verify: npm test',
      'verify:',
      '(verify: )',
      'verify:\nrm -rf x',
      'Both (verify: a) (verify: b)',
    ]) {
      assert.equal(criterionCheck(text), undefined, text);
    }
  });

  it('answers at once for long and hostile texts', () => {
    const start = performance.now();
    for (const part of ['.', ' ', '(', 'verify', '`', '( ']) criterionCheck(`${part.repeat(60_000)}x`);
    criterionCheck(`verify: ${'x)'.repeat(30_000)} x`);
    assert.ok(performance.now() - start < 1_000);
  });
});
