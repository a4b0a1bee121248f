import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { userKey } from '../../gateway/stores/session-record.ts';
import { sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending } from '../../plugins/ports.ts';
import { describeSessionStore } from '../contract/session-store.suite.ts';
import { hasProgram, isListening, startRedis } from '../support/child-server.ts';
import { describeOutages } from '../support/outage-suite.ts';
import { hourMs, sessionOf, tokenOf } from '../support/session-fakes.ts';
import { describeSessionIndex } from '../support/session-index-suite.ts';
import { createRedisSessionStore } from '../support/session-stores.ts';
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
        const indexes = keys.filter((key) => key.includes(':sessions-of:'));
        const entries = await Promise.all(indexes.map((key) => redis.hgetall(key)));
        return JSON.stringify([keys, await redis.mget(keys), entries]).replaceAll('\\"', '"');
      }),
  }));
} else {
  describe('Redis', () => test.skip(`no server on 127.0.0.1:${port}`, () => {}));
}

if (must || (await isListening(port))) {
  const indexAt = (userId: string) => `${prefix}:sessions-of:${userKey(userId)}`;
  describeSessionIndex('Redis', {
    open: () => createRedisSessionStore({ url, clock: Date.now, prefix, seal: testSeal }),
    plant: (userId, key, text) => withRedis(port, async (redis) => void (await redis.hset(indexAt(userId), key, text))),
    write: (key, text) => withRedis(port, async (redis) => void (await redis.set(`${prefix}:session:${key}`, text))),
    entries: (userId) => withRedis(port, (redis) => redis.hkeys(indexAt(userId))),
  });

  test('Redis: an index that cannot be written refuses no session, and lives no longer than its sessions', async () => {
    const store = createRedisSessionStore({ url, clock: Date.now, prefix, seal: testSeal });
    const [userId, other] = [randomUUID(), randomUUID()];
    await withRedis(port, (redis) => redis.set(indexAt(userId), 'not a hash'));
    const keys = [userId, other].map((name) => sessionKey(tokenOf(name)));
    for (const [n, key] of keys.entries()) {
      const session = sessionOf(Date.now(), { userId: [userId, other][n] ?? '' });
      expect(await store.put(key, session, new Date(), new Date(Date.now() + 9 * hourMs))).toBe(true);
      expect(await store.get(key)).toMatchObject({ state: 'live' });
    }
    const leftMs = await withRedis(port, (redis) => redis.pttl(indexAt(other)));
    expect(leftMs).toBeGreaterThan(7 * hourMs);
    expect(leftMs).toBeLessThanOrEqual(8 * hourMs);
    await store.close();
  });
}

if (must || (await isListening(port))) {
  test('Redis: what replicas of an earlier release write during an update counts', async () => {
    const store = createRedisSessionStore({ url, clock: Date.now, prefix, seal: testSeal });
    const received: Ending[] = [];
    store.onEnded((ending) => void received.push(ending));
    await store.ping();
    received.length = 0;
    await withRedis(port, async (redis) => {
      await redis.set(`${prefix}:claim:${userKey('code')}`, '1', 'PX', hourMs);
      await redis.publish(`${prefix}:endings`, JSON.stringify({ key: 'a' }));
    });
    expect(await store.claim?.('code', new Date(Date.now() + hourMs))).toBe(false);
    await expect.poll(() => received).toEqual([{ missed: true }]);
    await store.close();
  });
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
