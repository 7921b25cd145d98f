import { err, ok, type Result } from '../primitives/result.js';
import { parseJson, propertiesOf, valueOf, type Node } from './jsonDocument.js';

/**
 * The file's text with one story's `passes` set, nothing else changed by a byte. A `passes` that is absent already
 * says false; it is added at the story's end, in the file's own style, when it has to say true. Fails when the story
 * is not there (any more).
 */
export function setPasses(text: string, storyId: string, passes: boolean): Result<string, string> {
  const document = parseJson(text);
  if (!document.ok) {
    const { line, column, message } = document.error;
    return err(`Line ${line}, column ${column}: ${message}`);
  }
  const { root, start } = document.value;
  const found = storiesOf(root).filter((story) => idOf(story) === storyId);
  const [story] = found;
  if (!story) return err(`Story ${storyId} is not in the file any more.`);
  if (found.length > 1) return err(`The id ${storyId} is there ${found.length} times.`);
  const present = propertiesOf(story).get('passes') ?? [];
  if (present.length > 1) return err(`Story ${storyId} has "passes" more than once.`);
  const value = present[0] && valueOf(present[0]);
  if (value) return ok(splice(text, start + value.offset, value.length, String(passes)));
  if (!passes) return ok(text);
  const last = story.children?.at(-1);
  if (!last) throw new Error('Internal error: a story that was found by its id has no property');
  const end = start + last.offset + last.length;
  return ok(splice(text, end, 0, `,${addition(text, start, last)}`));
}

function storiesOf(root: Node | undefined): readonly Node[] {
  if (root?.type !== 'object') return [];
  const properties = propertiesOf(root);
  const list = (properties.get('userStories') ?? properties.get('stories'))?.[0];
  return (list && valueOf(list)?.children) ?? [];
}

function idOf(story: Node): string | undefined {
  if (story.type !== 'object') return undefined;
  const id = propertiesOf(story).get('id')?.[0];
  const value: unknown = id && valueOf(id)?.value;
  return typeof value === 'string' ? value.trim() : undefined;
}

/** `"passes": true` with the blanks that stand before and within the property it follows. */
function addition(text: string, start: number, last: Node): string {
  const key = start + last.offset;
  const before = /(?:\r\n|\r|\n)?[ \t]*$/.exec(text.slice(Math.max(0, key - 400), key))?.[0] ?? '';
  const [name, value] = last.children ?? [];
  const between = name && value ? text.slice(start + name.offset + name.length, start + value.offset) : ': ';
  return `${before}"passes"${/^\s*:\s*$/.test(between) ? between : ': '}true`;
}

function splice(text: string, offset: number, length: number, replacement: string): string {
  return text.slice(0, offset) + replacement + text.slice(offset + length);
}
