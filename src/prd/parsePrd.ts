import { err, ok, type Result } from '../primitives/result.js';
import { parseJson, type Node } from './jsonDocument.js';
import { branchNameFault } from './names.js';
import { parseStory, type LocatedStory } from './parseStory.js';
import { kindOf, ObjectReader, ProblemList } from './prdReader.js';
import type { Prd, PrdProblem } from './prd.js';
import { findCycle } from './storyGraph.js';

export interface ParsedPrd {
  readonly prd: Prd;
  readonly warnings: readonly PrdProblem[];
}

const SHAPE = '{ "project": "…", "userStories": [ { "id": "US-001", "title": "…" } ] }';

/** Reads a PRD in the ralph format. On failure every problem found, in file order; at least one is an error. */
export function parsePrd(text: string): Result<ParsedPrd, readonly PrdProblem[]> {
  const document = parseJson(text);
  if (!document.ok) return err([{ severity: 'error', ...document.error }]);
  const { root } = document.value;
  const atTop = (message: string): Result<never, readonly PrdProblem[]> =>
    err([{ severity: 'error', ...document.value.locate(root?.offset ?? 0), message }]);
  if (!root) return atTop(`The file is empty. A PRD looks like this: ${SHAPE}`);
  if (root.type !== 'object') return atTop(`A PRD is an object ${SHAPE}, not ${kindOf(root)}.`);

  const problems = new ProblemList(document.value);
  const reader = new ObjectReader(root, problems, 'The PRD');
  const title = reader.text('project') ?? reader.text('name') ?? reader.text('productName') ?? reader.text('title');
  if (!title) problems.warning(root, 'The PRD has no "project", so it is shown as "Untitled PRD".');
  const branch = reader.text('branchName');
  const branchFault = branch && branchNameFault(branch.value);
  if (branch && branchFault !== undefined) {
    problems.error(branch.node, `"${branch.value}" cannot be a branch name: ${branchFault}.`);
  }
  const description = reader.text('description');
  const located = storyNodes(reader).flatMap((node, index) => parseStory(node, index, problems) ?? []);
  checkIds(located, problems);
  checkDependencies(located, problems);
  if (problems.hasErrors) return err(problems.inOrder());
  const prd = {
    title: title?.value.replace(/\s+/g, ' ') ?? 'Untitled PRD',
    description: description?.value ?? '',
    branchName: branch?.value,
    stories: located.map(({ story }) => story),
  };
  return ok({ prd, warnings: problems.inOrder() });
}

function storyNodes(reader: ObjectReader): readonly Node[] {
  const list = reader.find('userStories', 'stories');
  if (!list) {
    const keys = reader.keys.map((key) => `"${key}"`).join(', ');
    reader.problems.error(
      reader.node,
      `The PRD has no "userStories"${keys && ` (found ${keys})`}. It looks like this: ${SHAPE}`,
    );
    return [];
  }
  if (list.type !== 'array') reader.error(list, `"userStories" must be a list [ … ], not ${kindOf(list)}.`);
  else if (!list.children?.length) reader.error(list, '"userStories" is empty. Add at least one story.');
  return list.type === 'array' ? (list.children ?? []) : [];
}

/** Ids that differ only by case would be one file and one ref on some systems. */
function checkIds(stories: readonly LocatedStory[], problems: ProblemList): void {
  const seen = new Map<string, LocatedStory>();
  for (const located of stories) {
    const { id } = located.story;
    const other = seen.get(id.toLowerCase());
    if (other) {
      const [here, there] = [problems.lineOf(located.idNode), problems.lineOf(other.idNode)];
      const what =
        other.story.id === id
          ? `"${id}" is the id of two stories`
          : `"${id}" and "${other.story.id}" differ only by case`;
      problems.error(located.idNode, `${what}, on lines ${there} and ${here}. Give one of them another id.`);
    } else {
      seen.set(id.toLowerCase(), located);
    }
  }
}

function checkDependencies(stories: readonly LocatedStory[], problems: ProblemList): void {
  const ids = new Set(stories.map(({ story }) => story.id));
  const likeIds = new Map(stories.map(({ story }) => [story.id.toLowerCase(), story.id]));
  for (const { story, dependencies } of stories) {
    for (const { value, node } of dependencies) {
      if (ids.has(value)) continue;
      const like = likeIds.get(value.toLowerCase());
      const hint = like === undefined ? 'Remove it, or add that story.' : `Did you mean "${like}"?`;
      problems.error(node, `Story ${story.id} depends on "${value}", which is not a story of this PRD. ${hint}`);
    }
  }
  const cycle = findCycle(stories.map(({ story }) => story));
  const [first, second] = cycle ?? [];
  const place = stories.find(({ story }) => story.id === first)?.dependencies.find(({ value }) => value === second);
  if (cycle && place) {
    problems.error(
      place.node,
      `These stories wait for each other: ${cycle.join(' → ')}. Remove one of these dependencies.`,
    );
  }
}
