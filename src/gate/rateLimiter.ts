import type { Clock } from '../primitives/clock.js';

/** Keys that are remembered; the one that was not heard of for longest is forgotten. */
const maxBuckets = 10_000;

/** A token bucket per key: `burst` at once, `perSecond` in the long run. */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly limit: { readonly burst: number; readonly perSecond: number },
  ) {}

  /** Takes one token; false when there is none. */
  take(key: string): boolean {
    const now = this.clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: this.limit.burst, at: now };
    const refilled = bucket.tokens + ((now - bucket.at) / 1_000) * this.limit.perSecond;
    bucket.tokens = Math.min(this.limit.burst, refilled);
    bucket.at = now;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined && this.#buckets.size > maxBuckets) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
