import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, describe, test } from 'vitest';
import { createRedisSessionStore } from '../../server/stores/redis-session-store.ts';
import { describeSessionStore } from '../contract/session-store.suite.ts';
import { hasProgram, isListening, startRedis } from '../support/child-server.ts';
import { describeOutages } from '../support/outage-suite.ts';
import { testSeal } from '../support/store-seal.ts';

const must = process.env['CI'] === 'true';
const port = 6379;
const prefix = `gateway-test-${randomUUID()}`;
const url = `redis://127.0.0.1:${port}`;

async function withRedis<T>(at: number, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(at, '127.0.0.1', { lazyConnect: true });
  try {
    await redis.connect();
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

const keysOf = (redis: Redis) => redis.keys(`${prefix}:*`);

if (must || (await isListening(port))) {
  afterAll(() =>
    withRedis(port, async (redis) => {
      const keys = await keysOf(redis);
      if (keys.length > 0) await redis.del(keys);
    }),
  );
  describeSessionStore('Redis', () => ({
    open: async () => createRedisSessionStore({ url, clock: Date.now, prefix, seal: testSeal }),
    dump: () =>
      withRedis(port, async (redis) => {
        const keys = await keysOf(redis);
        return JSON.stringify([keys, await redis.mget(keys)]).replaceAll('\\"', '"');
      }),
  }));
} else {
  describe('Redis', () => test.skip(`no server on 127.0.0.1:${port}`, () => {}));
}

if (must || hasProgram('redis-server')) {
  describeOutages('Redis', {
    start: () => startRedis(),
    open: (at) =>
      createRedisSessionStore({
        url: `redis://127.0.0.1:${at}`,
        clock: Date.now,
        timeoutMs: 500,
        prefix,
        seal: testSeal,
      }),
    write: (at, key, text, how) =>
      withRedis(at, async (redis) => {
        const place = `${prefix}:session:${key}`;
        await redis.set(place, how === 'sealed' ? testSeal.seal(place, text) : text);
      }),
  });
} else {
  describe('Redis in trouble', () => test.skip('no redis-server here', () => {}));
}
