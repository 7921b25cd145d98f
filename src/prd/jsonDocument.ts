import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { err, ok, type Result } from '../primitives/result.js';

export type { Node } from 'jsonc-parser';

/** A JSON file as its bytes are: a BOM, CRLF, comments and trailing commas are tolerated. */
export interface JsonDocument {
  /** Undefined when there is no value in the file. */
  readonly root: Node | undefined;
  /** Where the text of {@link root} begins in the file: 1 after a BOM. */
  readonly start: number;
  /** 1-based line and column of a node's offset. */
  locate(offset: number): Place;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

const BOM = '\uFEFF';
const NESTED_TOO_DEEPLY = 'The JSON is nested too deeply to be a PRD.';

/** The document; or the first fault only, because those after it are mostly its consequences. */
export function parseJson(file: string): Result<JsonDocument, Place & { readonly message: string }> {
  const start = file.startsWith(BOM) ? 1 : 0;
  const text = file.slice(start);
  const locate = placeFinder(text);
  const errors: ParseError[] = [];
  let root: Node | undefined;
  try {
    root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return err({ line: 1, column: 1, message: NESTED_TOO_DEEPLY });
  }
  const first = errors[0];
  return first ? err({ ...locate(first.offset), message: faultText(first, text) }) : ok({ root, start, locate });
}

/** An object's properties by key, each with all its occurrences. */
export function propertiesOf(object: Node): ReadonlyMap<string, readonly Node[]> {
  const properties = new Map<string, Node[]>();
  for (const property of object.children ?? []) {
    const key = String(property.children?.[0]?.value);
    const same = properties.get(key);
    if (same) same.push(property);
    else properties.set(key, [property]);
  }
  return properties;
}

/** The value of a property node. */
export function valueOf(property: Node): Node | undefined {
  return property.children?.[1];
}

function placeFinder(text: string): (offset: number) => Place {
  const starts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (match) => match.index + match[0].length)];
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

const EXPECTED: Readonly<Record<string, string>> = {
  InvalidSymbol: 'expected a key or text in double quotes, a number, true, false, null, { or [',
  InvalidNumberFormat: 'expected a number such as 1 or 2.5',
  PropertyNameExpected: 'expected a key in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected ":" after the key',
  CommaExpected: 'expected "," after the value before this one',
  CloseBraceExpected: 'expected "}" at the end of an object',
  CloseBracketExpected: 'expected "]" at the end of a list',
  EndOfFileExpected: 'expected the end of the file; there must be one value only',
  UnexpectedEndOfComment: 'expected "*/" at the end of a comment',
  UnexpectedEndOfString: 'expected a closing double quote on the same line',
  UnexpectedEndOfNumber: 'expected more digits',
  InvalidUnicode: 'expected four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'expected one of " \\ / b f n r t u after the backslash',
  InvalidCharacter: 'expected \\n, \\t or \\u00XX instead of a control character within text',
};

function faultText(fault: ParseError, text: string): string {
  const expected = EXPECTED[printParseErrorCode(fault.error)] ?? 'expected something else';
  const found = text.slice(fault.offset, fault.offset + Math.min(Math.max(fault.length, 1), 20)).trim();
  const where =
    found === '' ? (fault.offset >= text.trimEnd().length ? ', but the file ends here' : '') : `, found ${found}`;
  return `The JSON is broken: ${expected}${where}.`;
}
