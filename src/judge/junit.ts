import { XMLParser, XMLValidator } from 'fast-xml-parser';
import * as z from 'zod';
import type { TestCounts } from './testCounts.js';

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  parseTagValue: false,
  isArray: (name) => name === 'testsuite' || name === 'testcase',
});

/** A test says how it ended by what is in it; nothing is in one that passed, or only what it printed. */
const testcase = z.union([z.string(), z.looseObject({})]);
const suite = z.looseObject({
  testcase: z.array(testcase).optional(),
  get testsuite() {
    return z.array(z.union([z.string(), suite])).optional();
  },
});
const report = z.looseObject({ testsuites: z.union([z.string(), suite]).optional(), testsuite: suite.shape.testsuite });

/**
 * Counts of a report in JUnit's XML, by its tests: what suites say of themselves differs between runners. Undefined: it is
 * no such report.
 */
export function parseJUnit(xml: string): TestCounts | undefined {
  const { data } = report.safeParse(parsed(xml));
  if (data?.testsuites === undefined && data?.testsuite === undefined) return undefined;
  const ends = testsOf({ testsuite: [...(data.testsuite ?? []), data.testsuites ?? ''] }).map(endOf);
  const [passed, failed] = [
    ends.filter((end) => end === 'passed').length,
    ends.filter((end) => end === 'failed').length,
  ];
  return { passed, failed, total: passed + failed };
}

/** Undefined: it is no XML, or names what lies outside of it. */
function parsed(xml: string): unknown {
  if (XMLValidator.validate(xml) !== true) return undefined;
  try {
    return parser.parse(xml);
  } catch {
    return undefined;
  }
}

type TestCase = z.infer<typeof testcase>;

function testsOf({ testcase: own = [], testsuite: inner = [] }: z.infer<typeof suite>): TestCase[] {
  return [...own, ...inner.flatMap((one) => (typeof one === 'string' ? [] : testsOf(one)))];
}

function endOf(test: TestCase): 'passed' | 'failed' | 'skipped' {
  if (typeof test === 'string') return 'passed';
  if ('failure' in test || 'error' in test) return 'failed';
  return 'skipped' in test ? 'skipped' : 'passed';
}
