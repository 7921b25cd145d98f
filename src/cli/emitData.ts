import { catalogue, isEventType } from '../events/catalogue.js';
import { err, ok, type Result } from '../primitives/result.js';

/** The data of an event from `key=value` arguments: values that are JSON are taken as that, the others as text. */
export function dataOfAssignments(
  type: string,
  assignments: readonly string[],
): Result<Record<string, unknown>, string> {
  const texts = new Map<string, string>();
  for (const assignment of assignments) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (key === undefined || value === undefined) {
      return err(`"${assignment}" is no key=value, for example: passed=3`);
    }
    if (texts.has(key)) return err(`"${key}" is given twice`);
    texts.set(key, value);
  }
  const data = Object.fromEntries([...texts].map(([key, text]) => [key, jsonOrText(text)]));
  // A hash of digits is a number by its looks only.
  for (const key of textsWanted(type, data)) data[key] = texts.get(key) ?? data[key];
  return ok(data);
}

/** The data of an event from `--data`. */
export function dataOfJson(json: string): Result<Record<string, unknown>, string> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return err(`--data is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? ok(value as Record<string, unknown>)
    : err('--data must be a JSON object, for example: {"passed":3}');
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Fields that the catalogue knows as text and that are something else in `data`. */
function textsWanted(type: string, data: Readonly<Record<string, unknown>>): string[] {
  const parsed = isEventType(type) ? catalogue[type].data.safeParse(data) : undefined;
  return (parsed?.error?.issues ?? []).flatMap((issue) => {
    const [key] = issue.path;
    const isText = issue.code === 'invalid_type' && issue.expected === 'string' && issue.path.length === 1;
    return isText && typeof key === 'string' && Object.hasOwn(data, key) ? [key] : [];
  });
}
