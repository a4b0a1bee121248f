import type { Redis } from 'ioredis';
import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';

/** Fills by `perSecond`, holds at most `burst`. Both are whole numbers of at least 1. */
export interface BucketSize {
  readonly perSecond: number;
  readonly burst: number;
}

/** When no token was taken, `waitMs` is the time until there is one. */
export interface TakenToken {
  readonly isTaken: boolean;
  readonly waitMs: number;
}

/** Token buckets by key. A key that is new has a full bucket. */
export interface TokenBuckets {
  /** Takes a token, if there is one. */
  take(key: string, size: BucketSize): TakenToken;
}

/** Buckets that one process keeps; the least used ones are forgotten, and are full when they come back. */
const maxBuckets = 50_000;

/** Buckets in the memory of one process, by the given clock. */
export function createTokenBuckets(clock: Clock): TokenBuckets {
  const buckets = new Cache<string, { tokens: number; atMs: number }>({ max: maxBuckets });
  return {
    take(key, { perSecond, burst }) {
      const now = clock();
      const known = buckets.get(key);
      const bucket = known ?? { tokens: burst, atMs: now };
      if (known === undefined) buckets.set(key, bucket);
      // A clock that goes back takes no tokens away.
      const filled = bucket.tokens + (Math.max(0, now - bucket.atMs) * perSecond) / 1_000;
      bucket.tokens = Math.min(burst, filled);
      bucket.atMs = now;
      const isTaken = bucket.tokens >= 1;
      if (isTaken) bucket.tokens -= 1;
      return { isTaken, waitMs: isTaken ? 0 : Math.ceil(((1 - bucket.tokens) * 1_000) / perSecond) };
    },
  };
}

/** Token buckets that all replicas share. */
export interface SharedTokenBuckets {
  /** Takes a token, if there is one. @throws when Redis does not answer */
  take(key: string, size: BucketSize): Promise<TakenToken>;
}

/**
 * By the clock of Redis, so that clocks of replicas do not matter. A full bucket has no key. Returns the milliseconds until there is a
 * token; 0: one was taken.
 */
const script = `
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + math.floor(now[2] / 1000)
local perSecond, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local found = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens = tonumber(found[1]) or burst
local at = tonumber(found[2]) or nowMs
tokens = math.min(burst, tokens + math.max(0, nowMs - at) * perSecond / 1000)
local taken = tokens >= 1
if taken then tokens = tokens - 1 end
redis.call('HSET', KEYS[1], 't', tostring(tokens), 'a', nowMs)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / perSecond) + 1000)
if taken then return 0 end
return math.ceil((1 - tokens) * 1000 / perSecond)
`;

export function createRedisTokenBuckets(connected: Promise<Redis>, prefix: string): SharedTokenBuckets {
  return {
    async take(key, { perSecond, burst }) {
      const redis = await connected;
      const waitMs = await redis.eval(script, 1, `${prefix}:${key}`, perSecond, burst);
      if (typeof waitMs !== 'number') throw new Error('Redis answered in an unknown form');
      return { isTaken: waitMs === 0, waitMs };
    },
  };
}
