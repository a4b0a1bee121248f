import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { createRedisTokenBuckets } from '../../gateway/limits/redis-token-buckets.ts';
import { hasProgram, startRedis } from '../support/child-server.ts';

const can = process.env['CI'] === 'true' || hasProgram('redis-server');

describe.skipIf(!can)('token buckets in Redis', () => {
  test('a burst over all replicas, then so many a second; an unused bucket leaves nothing behind', async () => {
    const server = await startRedis();
    const connect = async () => new Redis(`redis://127.0.0.1:${server.port}`);
    const [one, two] = [createRedisTokenBuckets(connect, 'test'), createRedisTokenBuckets(connect, 'test')];
    const size = { perSecond: 2, burst: 6 };
    const granted = [];
    for (let n = 0; n < 4; n += 1) granted.push((await (n % 2 === 0 ? one : two).take('u', size, 2)).granted);
    expect(granted).toEqual([2, 2, 2, 0]);
    const { waitMs } = await one.take('u', size, 1);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(500);
    await sleep(waitMs + 20);
    expect((await two.take('u', size, 1)).granted).toBe(1);
    const redis = await connect();
    expect(await redis.pttl('test:u')).toBeGreaterThan(0);
    redis.disconnect();
    await Promise.all([one.close(), two.close()]);
    await server.remove();
  });
});
