import { criterionCheck } from './criterionCheck.js';
import type { Node } from './jsonDocument.js';
import { isModelName, storyIdFault } from './names.js';
import { kindOf, ObjectReader, type ProblemList } from './prdReader.js';
import type { Story } from './prd.js';

/** A story together with the places that problems between stories are reported at. */
export interface LocatedStory {
  readonly story: Story;
  readonly idNode: Node;
  readonly dependencies: readonly { readonly value: string; readonly node: Node }[];
}

const WORDS: ReadonlyMap<string, number> = new Map([
  ['critical', 1],
  ['high', 2],
  ['medium', 3],
  ['low', 4],
]);
const MEDIUM = 3;

/** Reads one story. Undefined when it has no usable id; its other problems do not hide it from its dependents. */
export function parseStory(node: Node, index: number, problems: ProblemList): LocatedStory | undefined {
  if (node.type !== 'object') {
    problems.error(node, `Story ${index + 1} must be an object { "id": …, "title": … }, not ${kindOf(node)}.`);
    return undefined;
  }
  const id = new ObjectReader(node, problems, `Story ${index + 1}`).requiredText(
    'id',
    'Give it one, for example "US-001".',
  );
  const reader = new ObjectReader(node, problems, id ? `Story ${id.value}` : `Story ${index + 1}`);
  const idFault = id && storyIdFault(id.value);
  if (id && idFault !== undefined) reader.error(id.node, `the id cannot be used: ${idFault}.`);
  const title = reader.requiredText('title', 'Say in a few words what the story is.');
  const criteria = reader.texts('"Tests pass"', 'acceptanceCriteria');
  if (criteria.length === 0) {
    problems.warning(
      node,
      `${reader.subject} has no acceptance criteria, so only the gates decide whether it is done.`,
    );
  }
  const dependencies = reader.texts('"US-001"', 'dependsOn', 'dependencies');
  const story = {
    title: title?.value.replace(/\s+/g, ' ') ?? '',
    description: reader.text('description')?.value ?? '',
    criteria: criteria.map(({ value }, at) => ({ index: at + 1, text: value, check: criterionCheck(value) })),
    priority: priorityOf(reader, problems),
    dependsOn: [...new Set(dependencies.map(({ value }) => value))],
    passes: passesOf(reader),
    notes: reader.text('notes')?.value ?? '',
    fileScope: fileScopeOf(reader),
    ...suggestedModelOf(reader, problems),
  };
  return id && { story: { id: id.value, ...story }, idNode: id.node, dependencies };
}

function suggestedModelOf(reader: ObjectReader, problems: ProblemList): { suggestedModel?: string } {
  const node = reader.find('suggestedModel');
  if (!node) return {};
  const suggestedModel = String(node.value).trim();
  if (node.type === 'string' && isModelName(suggestedModel)) return { suggestedModel };
  problems.warning(node, `${reader.subject}: "suggestedModel" is not the name of a model and does not count.`);
  return {};
}

/** As much as any system takes for a path. */
const LONGEST_PATH = 4_096;

function fileScopeOf(reader: ObjectReader): string[] {
  const entries = reader.texts('"src/api.ts"', 'fileScope').flatMap(({ value, node }) => {
    if (value.length <= LONGEST_PATH) return [scopeEntry(value)];
    reader.error(node, `an entry of "fileScope" is longer than ${LONGEST_PATH} characters. Name a path or a glob.`);
    return [];
  });
  return [...new Set(entries)];
}

/** One entry in the one way that is compared: no slashes around it, no `./` before it. */
function scopeEntry(text: string): string {
  const entry = text.replace(/^(?:\.?\/+)+/, '').replace(/\/+$/, '');
  return entry === '' || entry === '.' ? '**' : entry;
}

function passesOf(reader: ObjectReader): boolean {
  const node = reader.find('passes');
  if (!node) return false;
  if (node.type !== 'boolean') reader.error(node, `"passes" must be true or false, not ${kindOf(node)}.`);
  return node.value === true;
}

/** Absent counts as medium. A digit in quotes, also as "P1", is that number. */
function priorityOf(reader: ObjectReader, problems: ProblemList): number {
  const node = reader.find('priority');
  if (!node) return MEDIUM;
  if (node.type === 'number' && Number.isFinite(node.value)) return Number(node.value);
  if (node.type !== 'string') {
    reader.error(node, '"priority" must be a number (1 runs first) or one of critical, high, medium, low.');
    return MEDIUM;
  }
  const word = String(node.value).trim().toLowerCase();
  const digits = /^p?(\d{1,9})$/.exec(word)?.[1];
  const priority = digits === undefined ? WORDS.get(word) : Number(digits);
  if (priority === undefined) {
    problems.warning(
      node,
      `${reader.subject}: priority "${word}" is unknown and counts as medium. Use a number, or critical, high, medium, low.`,
    );
  }
  return priority ?? MEDIUM;
}
