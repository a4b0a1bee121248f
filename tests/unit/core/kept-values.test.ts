import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../core/errors.ts';
import { HeldAnswers } from '../../../core/held-answers.ts';
import { limitHeaders } from '../../../core/limit-headers.ts';
import { kept, once } from '../../../core/once.ts';

describe('once', () => {
  test('a value is made on the first call, and kept until it is forgotten', async () => {
    let made = 0;
    const get = once(async () => ++made);
    expect(await Promise.all([get(), get()])).toEqual([1, 1]);
    expect(await get()).toBe(1);
    get.forget();
    expect(await get()).toBe(2);
  });

  test('a failure is not kept, nor does an older one take away a newer value', async () => {
    const waiting: ((error?: Error) => void)[] = [];
    const get = once(
      () =>
        new Promise<string>((resolve, reject) => waiting.push((error) => (error ? reject(error) : resolve('made')))),
    );
    const first = get();
    get.forget();
    const second = get();
    waiting[0]?.(new Error('down'));
    await expect(first).rejects.toThrow('down');
    expect(get()).toBe(second);
    waiting[1]?.(new Error('down again'));
    await expect(second).rejects.toThrow('down again');
    const third = get();
    expect(waiting).toHaveLength(3);
    waiting[2]?.();
    expect(await third).toBe('made');
  });
});

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

test('held answers are found by their response key', () => {
  const answer = Promise.resolve(1);
  const held = new HeldAnswers(new Map([['a', answer]]));
  expect(held.of('a')).toBe(answer);
  expect(held.of('b')).toBeUndefined();
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
