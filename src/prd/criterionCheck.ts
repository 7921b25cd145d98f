import type { Criterion } from './prd.js';

type Check = Criterion['check'];

const PASSES = String.raw`(?:(?:still |all )?pass(?:es)?|succeeds?|(?:is|are) (?:green|clean))(?: (?:with no|without(?: any)?) (?:errors|failures|warnings))?`;

/** More says more than that a gate passes. */
const LONGEST_GATE_TEXT = 80;

/** Only a text that says nothing else: a gate must not prove more than it checks. */
const GATES: readonly (readonly [RegExp, 'test' | 'typecheck' | 'lint'])[] = [
  [new RegExp(`^(?:(?:all|the|all the|all existing|existing|unit|all unit) )?tests? ${PASSES}$`), 'test'],
  [new RegExp(`^(?:the )?test suite ${PASSES}$`), 'test'],
  [new RegExp(`^npm (?:run )?test ${PASSES}$`), 'test'],
  [new RegExp(`^(?:npm run )?(?:type[ -]?check(?:ing|s)?|typescript) ${PASSES}$`), 'typecheck'],
  [/^(?:there are )?no (?:type|typescript|typecheck) errors$/, 'typecheck'],
  [new RegExp(`^(?:npm run )?(?:lint(?:er|ing)?|eslint) ${PASSES}$`), 'lint'],
  [/^(?:there are )?no (?:lint|linter|linting|eslint) errors$/, 'lint'],
];

/** How a criterion can be proved without asking anybody: `verify: <command>` at its end, else the gate that it names. */
export function criterionCheck(text: string): Check {
  const verify = text.match(/(?<![\w-])verify:/g)?.length ?? 0;
  if (verify > 0) {
    // Two commands in one criterion: proving by one of them would claim too much.
    const command = verify === 1 ? verifyCommand(text.trim()) : undefined;
    return command === undefined ? undefined : { kind: 'command', command };
  }
  if (text.length > LONGEST_GATE_TEXT) return undefined;
  const plain = text
    .replaceAll('`', '')
    .replace(/[.!]+\s*$/, '')
    .trim()
    .replace(/\s+/g, ' ')
    .toLowerCase();
  const gate = GATES.find(([pattern]) => pattern.test(plain))?.[1];
  return gate && { kind: 'gate', gate };
}

/** Lower case only, so that prose such as "Verify: the button is red" never becomes a command. */
function verifyCommand(text: string): string | undefined {
  const match =
    /\(\s*verify:(?<command>[^\r\n]+)\)\.?$/.exec(text) ??
    /`\s*verify:(?<command>[^`\r\n]+)`\.?$/.exec(text) ??
    /(?:^|\s)verify:(?<command>[^\r\n]+)$/.exec(text);
  const command = match?.groups?.['command']?.trim();
  const unquoted = /^`([^`]+)`\.?$/.exec(command ?? '')?.[1]?.trim() ?? command;
  return unquoted === '' ? undefined : unquoted;
}
