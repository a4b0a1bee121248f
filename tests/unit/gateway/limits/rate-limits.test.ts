import { expect, test } from 'vitest';
import { createRateLimits, guessLimit } from '../../../../gateway/limits/rate-limits.ts';
import { GatewayError } from '../../../../plugins/errors.ts';

const limits = () =>
  createRateLimits({ loginsPerMinute: 3, checksPerMinute: 5, guessesPerMinute: 4, guessesPerMinuteInAll: 6 });

async function allowed(of: ReturnType<typeof limits>, route: 'login' | 'validate', keys: readonly string[]) {
  const answers = [];
  for (const key of keys) answers.push((await of.consume(route, key)).reached);
  return answers.filter((answer) => answer === undefined).length;
}

test('so many a minute, then a number of seconds to wait', async () => {
  const given = limits();
  expect(await allowed(given, 'login', Array(10).fill('192.0.2.1'))).toBe(3);
  const { reached } = await given.consume('login', '192.0.2.1');
  expect(reached).toMatchObject({ policy: 'login', quota: 3, windowSecs: 60, remaining: 0 });
  expect(reached?.resetSecs).toBeGreaterThan(0);
  expect(reached?.resetSecs).toBeLessThanOrEqual(60);
  expect(await given.reached('login', '192.0.2.1')).toMatchObject({ quota: 3 });
  expect(await given.reached('login', '192.0.2.2')).toBeUndefined();
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
  expect((await given.consume('validate', '10.0.0.1')).reached).toBeUndefined();
});

test('guesses of many addresses together end sooner, and shut out no address that has not guessed', async () => {
  const given = limits();
  const guess = (address: string) =>
    guessLimit(given, address, () => {})
      .spend()
      .then(
        () => 'asked',
        (error: unknown) => (error instanceof GatewayError ? error.code : error),
      );
  for (let n = 0; n < 7; n += 1) for (let m = 0; m < 4; m += 1) await guess(`192.0.2.${n}`);
  expect(await guess('192.0.2.250')).toBe('asked');
  for (let n = 0; n < 2; n += 1) await guess('192.0.2.250');
  expect(await guess('192.0.2.250')).toBe('ERR_RATE_LIMITED');
});

test('a token that is good gives back its guess, of the address and of all', async () => {
  const given = limits();
  for (let n = 0; n < 50; n += 1) {
    const guesses = guessLimit(given, '192.0.2.1', () => {});
    await guesses.spend();
    await guesses.refund();
  }
  expect((await given.consume('guess', '192.0.2.1')).used).toBe(1);
  expect((await given.consume('guess_all', 'all')).used).toBe(1);
});
