import assert from 'node:assert/strict';
import { parseJUnit } from '../../../src/judge/junit.js';

const xml = (body: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`;

/** Shapes as the runners' own documentation and reporters have them. */
const reports: readonly [runner: string, body: string, passed: number, failed: number][] = [
  [
    'jest-junit and vitest: suites in one root',
    `<testsuites name="all" tests="4" failures="1">
      <testsuite name="a" tests="3" failures="1" skipped="1">
        <testcase classname="a" name="adds" time="0.1"/>
        <testcase classname="a" name="subtracts"><failure message="1 &lt; 2">Error: at &#10; a.js</failure></testcase>
        <testcase classname="a" name="later"><skipped/></testcase>
      </testsuite>
      <testsuite name="b"><testcase name="is there"><system-out>hello</system-out></testcase></testsuite>
    </testsuites>`,
    2,
    1,
  ],
  [
    'pytest and Surefire: errors beside failures',
    `<testsuite name="pytest" errors="1" failures="1" tests="3">
      <testcase classname="t" name="a"/><testcase classname="t" name="b"><error message="x"/></testcase>
      <testcase classname="t" name="c"><failure/></testcase>
    </testsuite>`,
    1,
    2,
  ],
  [
    'node --test: suites in suites, tests beside them',
    `<testsuites>
      <testcase name="alone"/>
      <testsuite name="outer"><testsuite name="inner"><testcase name="deep"><failure/></testcase></testsuite></testsuite>
    </testsuites>`,
    1,
    1,
  ],
  ['one without tests', '<testsuites/>', 0, 0],
];

describe('The counts of a report in JUnit’s XML', () => {
  for (const [runner, body, passed, failed] of reports) {
    it(`are those of its tests: ${runner}`, () => {
      assert.deepEqual(parseJUnit(xml(body)), { passed, failed, total: passed + failed });
    });
  }

  it('are unknown of what is none, or not whole', () => {
    for (const text of ['', 'tests pass', xml('<coverage/>'), xml('<testsuites><testsuite>')]) {
      assert.equal(parseJUnit(text), undefined, text);
    }
  });

  it('come from what stands there, and from nothing that it names', () => {
    const tests = '<testsuite><testcase name="x"><system-out>&a;&a;</system-out></testcase></testsuite>';
    const bomb = xml(`<!DOCTYPE x [<!ENTITY a "<failure/>">]>\n${tests}`);
    assert.deepEqual(parseJUnit(bomb), { passed: 1, failed: 0, total: 1 });
    assert.equal(parseJUnit(xml(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>\n${tests}`)), undefined);
  });
});
