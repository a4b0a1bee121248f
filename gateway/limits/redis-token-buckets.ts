import type { Redis } from 'ioredis';
import type { BucketSize, TakenTokens } from './token-buckets.ts';

/** Token buckets that all replicas share. */
export interface SharedTokenBuckets {
  /** Takes up to `most` tokens. @throws when Redis does not answer */
  take(key: string, size: BucketSize, most: number): Promise<TakenTokens>;
  close(): Promise<void>;
}

/** By the clock of Redis, so that clocks of replicas do not matter. A full bucket has no key. */
const script = `
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + math.floor(now[2] / 1000)
local perSecond, burst, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens = tonumber(found[1]) or burst
local at = tonumber(found[2]) or nowMs
tokens = math.min(burst, tokens + math.max(0, nowMs - at) * perSecond / 1000)
local granted = math.min(most, math.floor(tokens))
tokens = tokens - granted
redis.call('HSET', KEYS[1], 't', tostring(tokens), 'a', nowMs)
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) * 1000 / perSecond) + 1000)
local wait = 0
if granted == 0 then wait = math.ceil((1 - tokens) * 1000 / perSecond) end
return { granted, wait }
`;

/** @param connect opens the connection; it is kept until `close` */
export function createRedisTokenBuckets(connect: () => Promise<Redis>, prefix: string): SharedTokenBuckets {
  const connected = connect();
  // The failure belongs to the first call that waits for it.
  connected.catch(() => {});
  return {
    async take(key, { perSecond, burst }, most) {
      const redis = await connected;
      const answer = await redis.eval(script, 1, `${prefix}:${key}`, perSecond, burst, most);
      const [granted, waitMs] = Array.isArray(answer) ? answer.map(Number) : [];
      if (granted === undefined || waitMs === undefined) throw new Error('Redis answered in an unknown form');
      return { granted, waitMs };
    },
    close: async () => (await connected).disconnect(),
  };
}
