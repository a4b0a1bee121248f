import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';

/** Fills by `perSecond`, holds at most `burst`. Both are whole numbers of at least 1. */
export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

/** `granted` tokens were taken; when it is 0, `waitMs` is the time until there is one. */
export interface TakenTokens {
  readonly granted: number;
  readonly waitMs: number;
}

/** Token buckets by key. A key that is new has a full bucket. */
export interface TokenBuckets {
  /** Takes up to `most` tokens. */
  take(key: string, size: BucketSize, most: number): TakenTokens;
}

/** Buckets that one process keeps; the least used ones are forgotten, and are full when they come back. */
const maxBuckets = 50_000;

/** Buckets in the memory of one process, by the given clock. */
export function createTokenBuckets(clock: Clock): TokenBuckets {
  const buckets = new Cache<string, { tokens: number; atMs: number }>({ max: maxBuckets });
  return {
    take(key, { perSecond, burst }, most) {
      const now = clock();
      const known = buckets.get(key);
      const bucket = known ?? { tokens: burst, atMs: now };
      if (known === undefined) buckets.set(key, bucket);
      // A clock that goes back takes no tokens away.
      const filled = bucket.tokens + (Math.max(0, now - bucket.atMs) * perSecond) / 1_000;
      bucket.tokens = Math.min(burst, filled);
      bucket.atMs = now;
      const granted = Math.min(most, Math.floor(bucket.tokens));
      bucket.tokens -= granted;
      return { granted, waitMs: granted > 0 ? 0 : Math.ceil(((1 - bucket.tokens) * 1_000) / perSecond) };
    },
  };
}
