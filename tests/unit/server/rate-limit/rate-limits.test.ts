import { expect, test } from 'vitest';
import { createRateLimits } from '../../../../server/rate-limit/rate-limits.ts';

const limits = () => createRateLimits({ loginsPerMinute: 3, checksPerMinute: 5 });

async function allowed(of: ReturnType<typeof limits>, route: 'login' | 'validate', keys: readonly string[]) {
  const answers = [];
  for (const key of keys) answers.push(await of.consume(route, key));
  return answers.filter((answer) => answer === undefined).length;
}

test('so many a minute, then a number of seconds to wait', async () => {
  const given = limits();
  expect(await allowed(given, 'login', Array(10).fill('192.0.2.1'))).toBe(3);
  const wait = await given.consume('login', '192.0.2.1');
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(60);
});

test('each address, each subject and each route by itself', async () => {
  const given = limits();
  expect(await allowed(given, 'login', Array(3).fill('192.0.2.1'))).toBe(3);
  expect(await allowed(given, 'login', ['192.0.2.2', 'subject a', 'subject b'])).toBe(3);
  expect(await allowed(given, 'validate', Array(10).fill('192.0.2.1'))).toBe(5);
});

test('addresses of one IPv6 network together', async () => {
  const given = limits();
  const addresses = Array.from({ length: 10 }, (_, n) => `2001:db8:1:2::${n + 1}`);
  expect(await allowed(given, 'login', addresses)).toBe(3);
});

test('a flood of addresses is counted too, in bounded memory', async () => {
  const given = limits();
  for (let n = 0; n < 50_000; n += 1) await given.consume('validate', `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`);
  const more = Array.from({ length: 3_000 }, (_, n) => `11.0.${n >> 8}.${n & 255}`);
  expect(await allowed(given, 'validate', more)).toBeLessThanOrEqual(256 * 5);
  expect(await given.consume('validate', '10.0.0.1')).toBeUndefined();
});
