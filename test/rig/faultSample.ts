import { failpoints } from '../../src/primitives/failpoint.js';
import { faultPlan, type Reach } from './faultPlan.js';
import type { Kill } from './faultyRun.js';

export interface Fault {
  readonly kill: Kill;
  readonly reach: Reach;
}

/** Another selection each day, the same one all day; `STORYLOOP_SEED` repeats one. */
export const seed = process.env['STORYLOOP_SEED'] ?? new Date().toISOString().slice(0, 10);

const size = { run: 2, crossing: 1, hub: 1 };

export type FaultKind = keyof typeof size;

/** Hits that a point with `every` is sure to have. */
const surely = [1, 2, 3, 4, 5, 6];

/** A few failpoints of one kind of process, each at one hit, as the seed chooses. */
export function sampledFaults(kind: FaultKind): readonly Fault[] {
  const random = randomOf(`${seed} ${kind}`);
  const candidates = failpoints.flatMap((name) => {
    const reach = faultPlan[name][kind];
    return reach ? [{ name, reach, order: random() }] : [];
  });
  candidates.sort((a, b) => a.order - b.order);
  return candidates.slice(0, size[kind]).map(({ name, reach }) => {
    const hits = reach.hits === 'every' ? surely : reach.hits;
    return { kill: `${name}:${hits[Math.floor(random() * hits.length)] ?? 1}`, reach };
  });
}

/** One fault by its name, `name:n`. */
export function namedFault(kind: FaultKind, name: string): readonly Fault[] {
  const failpoint = failpoints.find((one) => one === name.split(':')[0]);
  if (!failpoint) throw new Error(`There is no failpoint "${name}"`);
  const reach = faultPlan[failpoint][kind];
  return reach ? [{ kill: `${failpoint}:${Number(name.split(':')[1] ?? 1)}`, reach }] : [];
}

/** Numbers from 0 to 1 that follow from the text (mulberry32 over its FNV-1a hash). */
export function randomOf(text: string): () => number {
  let state = 0x811c9dc5;
  for (const character of text) state = Math.imul(state ^ character.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
