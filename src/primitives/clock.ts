/** Time as a dependency, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. Only for what people read. */
  now(): number;
  /** Never jumps; milliseconds from an arbitrary start. For durations and deadlines. */
  monotonic(): number;
  /** Runs `callback` once after `ms`; disposing the result cancels it. */
  after(ms: number, callback: () => void): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return {
      [Symbol.dispose]: () => {
        clearTimeout(timer);
      },
    };
  },
};
