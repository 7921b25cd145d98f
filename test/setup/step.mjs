import { performance } from 'node:perf_hooks';

/** Says what is being done and, at its end, how long it took: steps may overlap, so each end names its step again. */
export async function step(title, action) {
  const start = performance.now();
  console.log(`${title}…`);
  try {
    const result = await action();
    console.log(`${title}: ${seconds(start)}`);
    return result;
  } catch (error) {
    console.log(`${title}: failed after ${seconds(start)}`);
    throw error;
  }
}

const seconds = (start) => `${Math.round((performance.now() - start) / 1000)} s`;
