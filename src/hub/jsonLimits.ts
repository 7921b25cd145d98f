/** Deeper than this, what was parsed could not be written again without trouble. */
const maxDepth = 64;
/** An integer of so many characters is exact. */
const exactDigits = 15;

/**
 * What in a JSON text must not be let in although it can be parsed: deep nesting, the key `__proto__`, and numbers that
 * would be read as other ones. Undefined when there is nothing. What is no JSON may pass: parsing refuses it.
 */
export function jsonFault(text: string): string | undefined {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      const end = endOfString(text, index + 1);
      if (isProtoKey(text, index, end)) return '"__proto__" is no name for a field';
      index = end;
    } else if (code === openBracket || code === openBrace) {
      depth += 1;
      if (depth > maxDepth) return `Nested deeper than ${maxDepth} levels`;
    } else if (code === closeBracket || code === closeBrace) {
      depth -= 1;
    } else if (isNumeric(code)) {
      const end = endOfNumber(text, index + 1);
      const fault = numberFault(text.slice(index, end));
      if (fault !== undefined) return fault;
      index = end - 1;
    }
  }
  return undefined;
}

const [quote, openBracket, openBrace, closeBracket, closeBrace, backslash] = [0x22, 0x5b, 0x7b, 0x5d, 0x7d, 0x5c];

/** Where the closing quote is; the end of the text when there is none. */
function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end;
    while (first > from && text.charCodeAt(first - 1) === backslash) first -= 1;
    const isEscaped = (end - first) % 2 === 1;
    if (!isEscaped) return end;
  }
  return text.length;
}

const proto = '__proto__';

/** Whether the string between two quotes is that name, written in whatever way, and a name at all. */
function isProtoKey(text: string, start: number, end: number): boolean {
  const length = end - start - 1;
  if (length < proto.length || length > proto.length * 6) return false;
  const raw = text.slice(start + 1, end);
  if (raw !== proto && unescaped(raw) !== proto) return false;
  let next = end + 1;
  while (/\s/.test(text.charAt(next))) next += 1;
  return text.charAt(next) === ':';
}

const unescaped = (raw: string): string =>
  raw.replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Digits, sign, point and exponent: `true` has an `e` too, and is no number. */
const isNumeric = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65;

function endOfNumber(text: string, from: number): number {
  let end = from;
  while (end < text.length && isNumeric(text.charCodeAt(end))) end += 1;
  return end;
}

function numberFault(literal: string): string | undefined {
  const isInteger = /^-?\d+$/.test(literal);
  if (isInteger && literal.length <= exactDigits) return undefined;
  const value = Number(literal);
  if (Math.abs(value) === Infinity) return `${literal.slice(0, 40)} is beyond what a number can be`;
  if (isInteger && !Number.isSafeInteger(value))
    return `${literal.slice(0, 40)} would lose digits: send an integer beyond 2^53 as text`;
  return undefined;
}
