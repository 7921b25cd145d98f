import type { PlannedStory } from './workspace.js';

/** A story whose agent waits until `../<file>` is there, and then writes `<file>.txt`. */
export const waitingStory = (id: string, file: string): PlannedStory => ({
  id,
  attempts: [
    [
      { do: 'wait-for', file },
      { do: 'write', path: `${file}.txt`, content: file },
    ],
  ],
});
