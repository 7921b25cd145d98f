import type { Prd, Story } from './prd.js';

/** Ids of the stories that two readings of a PRD file do not say the same of, whether they pass left aside; in file order. */
export function changedStories(before: Prd, after: Prd): string[] {
  const said = new Map(before.stories.map((story) => [story.id, contentOf(story)]));
  const says = new Map(after.stories.map((story) => [story.id, contentOf(story)]));
  return [...new Set([...said.keys(), ...says.keys()])].filter((id) => said.get(id) !== says.get(id));
}

function contentOf({
  title,
  description,
  criteria,
  priority,
  dependsOn,
  notes,
  suggestedModel,
  fileScope,
}: Story): string {
  const texts = criteria.map(({ text }) => text);
  return JSON.stringify([title, description, texts, priority, dependsOn, notes, suggestedModel, fileScope]);
}
