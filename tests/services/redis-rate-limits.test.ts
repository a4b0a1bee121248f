import { describe, expect, test } from 'vitest';
import { createRateLimits } from '../../gateway/limits/rate-limits.ts';
import { connectRedis } from '../../gateway/stores/redis-connection.ts';
import { eventually, hasProgram, startRedis } from '../support/child-server.ts';

const can = process.env['CI'] === 'true' || hasProgram('redis-server');

describe.skipIf(!can)('rate limits in Redis', () => {
  test('are shared by replicas, and go on without it', async () => {
    const server = await startRedis();
    const options = {
      loginsPerMinute: 6,
      checksPerMinute: 6,
      guessesPerMinute: 6,
      guessesPerMinuteInAll: 6,
    };
    const url = `redis://127.0.0.1:${server.port}`;
    const open = () =>
      createRateLimits({ ...options, redis: Promise.resolve(connectRedis({ url, timeoutMs: 250, name: 'test' })) });
    const [one, two] = [open(), open()];
    // Until both are connected each counts for itself: what one has used up, the other does not know.
    let attempt = 0;
    await eventually(async () => {
      attempt += 1;
      for (let n = 0; n < 6; n += 1) await one.consume('validate', `warm up ${attempt}`);
      return (await two.consume('validate', `warm up ${attempt}`)).reached !== undefined;
    });
    const allowed = async (count: number) => {
      let passed = 0;
      for (let n = 0; n < count; n += 1) {
        if ((await (n % 2 === 0 ? one : two).consume('login', '192.0.2.1')).reached === undefined) passed += 1;
      }
      return passed;
    };
    expect(await allowed(20)).toBe(6);
    await server.stop();
    const during = await allowed(20);
    expect(during).toBeGreaterThan(0);
    expect(during).toBeLessThanOrEqual(12);
    await one.close();
    await two.close();
    await server.remove();
  });
});
