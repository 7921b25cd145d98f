import type { ChangedLine } from '../git/changes.js';
import { isTestFile, languageOf, type Language } from './testFiles.js';
import type { Weakening } from './weakenedChecks.js';

/** What a line says that keeps a check from checking. */
interface Rule {
  readonly language: Language;
  readonly pattern: RegExp;
  readonly what: string;
  /** Anywhere else it means something else. */
  readonly inTestsOnly?: true;
  /** It goes with the line it stands on, so that changing such a line is no new one. */
  readonly isComment?: true;
}

const skips = 'skips a test';
const focuses = 'runs one test alone';
const comment = (language: Language, pattern: RegExp, what: string): Rule => ({
  ...{ language, pattern, what, isComment: true },
});

const rules: readonly Rule[] = [
  {
    language: 'javascript',
    pattern: /\b(?:it|test|describe|suite|context|specify)(?:\.\w+)*\.(?:skip|fixme)\b/,
    what: skips,
  },
  { language: 'javascript', pattern: /\b(?:it|test|describe|suite|context|specify)(?:\.\w+)*\.only\b/, what: focuses },
  { language: 'javascript', pattern: /\bx(?:it|describe|test|context|specify)\s*[.(]/, what: skips },
  { language: 'javascript', pattern: /\b(?:this|t)\.skip\(/, what: skips, inTestsOnly: true },
  { language: 'javascript', pattern: /\bskip:\s*(?:true|['"`])/, what: skips, inTestsOnly: true },
  { language: 'javascript', pattern: /\bf(?:it|describe)\(|\bonly:\s*true/, what: focuses, inTestsOnly: true },
  {
    language: 'python',
    pattern: /@pytest\.mark\.(?:skip|xfail)|\bpytest\.skip\(|@unittest\.skip|\.skipTest\(/,
    what: skips,
  },
  { language: 'go', pattern: /\b[tbf]\.Skip(?:f|Now)?\(/, what: skips },
  { language: 'rust', pattern: /#\[ignore\b/, what: skips },
  comment('javascript', /\beslint-disable/, 'switches lint rules off (eslint-disable)'),
  comment('javascript', /@ts-(?:ignore|nocheck)\b/, 'switches type checks off (@ts-ignore)'),
  comment('python', /#\s*type:\s*ignore\b/, 'switches type checks off (type: ignore)'),
  comment('python', /#\s*(?:noqa|ruff:\s*noqa)\b/i, 'switches lint rules off (noqa)'),
];

/** Lines that make a check weaker and were not there before; one that only moved was. */
export function weakenedLines(lines: readonly ChangedLine[]): Weakening[] {
  return rules.flatMap((rule) => {
    const found = lines.filter(({ path, text }) => appliesTo(rule, path) && rule.pattern.test(text));
    const sides = {
      added: found.filter(({ side }) => side === 'added'),
      removed: found.filter(({ side }) => side === 'removed'),
    };
    const unmoved = withoutPairs(sides, ({ text }) => text.trim());
    const { added } = rule.isComment ? withoutPairs(unmoved, ({ path }) => path) : unmoved;
    return added.map(({ path, text }) => ({ file: path, what: `${rule.what}: ${text.trim().slice(0, 120)}` }));
  });
}

function appliesTo(rule: Rule, path: string): boolean {
  return languageOf(path) === rule.language && (!rule.inTestsOnly || isTestFile(path));
}

interface Sides {
  readonly added: readonly ChangedLine[];
  readonly removed: readonly ChangedLine[];
}

/** Without each added line that a removed one with the same key makes up for, and without that one. */
function withoutPairs({ added, removed }: Sides, keyOf: (line: ChangedLine) => string): Sides {
  const left = [...removed];
  const unpaired = added.filter((line) => {
    const index = left.findIndex((other) => keyOf(other) === keyOf(line));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  return { added: unpaired, removed: left };
}
