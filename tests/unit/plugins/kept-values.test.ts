import { describe, expect, test } from 'vitest';
import { GatewayError, limitHeaders } from '../../../plugins/errors.ts';
import { kept } from '../../../plugins/single-flight.ts';

test('kept: also undefined and a failed promise', async () => {
  let made = 0;
  const nothing = kept(() => void made++);
  nothing();
  nothing();
  expect(made).toBe(1);
  const failing = kept(async () => {
    throw new Error(`attempt ${++made}`);
  });
  await expect(failing()).rejects.toThrow('attempt 2');
  await expect(failing()).rejects.toThrow('attempt 2');
});

describe('headers of a refusal', () => {
  const of = (given: ConstructorParameters<typeof GatewayError>[2]) =>
    limitHeaders(new GatewayError('ERR_STORE', 'x', given));

  test.each([
    [0.2, '1'],
    [0, '1'],
    [1.2, '2'],
    [30, '30'],
  ])('whole seconds, at least one: %d is %s', (retryAfterSecs, want) => {
    expect(of({ retryAfterSecs })).toEqual({ 'retry-after': want });
  });

  test('a rate limit names its policy and what is left; without one there is nothing', () => {
    const rateLimit = { policy: 'user', quota: 100, windowSecs: 60, remaining: 0, resetSecs: 12 };
    expect(of({ rateLimit })).toEqual({
      'ratelimit-policy': '"user";q=100;w=60',
      ratelimit: '"user";r=0;t=12',
    });
    expect(of({})).toEqual({});
  });
});
