import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { createRedisTokenBuckets } from '../../gateway/limits/token-buckets.ts';
import { hasProgram, startRedis } from '../support/child-server.ts';

const can = process.env['CI'] === 'true' || hasProgram('redis-server');

describe.skipIf(!can)('token buckets in Redis', () => {
  test('a burst over all replicas, then so many a second; an unused bucket leaves nothing behind', async () => {
    const server = await startRedis();
    const connect = async () => new Redis(`redis://127.0.0.1:${server.port}`);
    const [first, second] = [await connect(), await connect()];
    const bucketsOf = (client: Redis) => createRedisTokenBuckets(Promise.resolve(client), 'test');
    const [one, two] = [bucketsOf(first), bucketsOf(second)];
    const size = { perSecond: 2, burst: 6 };
    const taken = [];
    for (let n = 0; n < 7; n += 1) taken.push((await (n % 2 === 0 ? one : two).take('u', size)).isTaken);
    expect(taken).toEqual([true, true, true, true, true, true, false]);
    const { waitMs } = await one.take('u', size);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(500);
    await sleep(waitMs + 20);
    expect((await two.take('u', size)).isTaken).toBe(true);
    expect(await first.pttl('test:u')).toBeGreaterThan(0);
    for (const client of [first, second]) client.disconnect();
    await server.remove();
  });
});
