/** A story of a PRD file, fine but for what `more` says. */
export const storyText = (id: string, more: object = {}): object => ({
  id,
  title: id,
  acceptanceCriteria: ['All tests pass'],
  priority: 1,
  passes: false,
  ...more,
});

/** The text of a PRD file. */
export const prdText = (...userStories: object[]): string =>
  JSON.stringify({ project: 'Sample', userStories }, undefined, 2);
