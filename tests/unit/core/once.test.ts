import { expect, test } from 'vitest';
import { oncePerKey } from '../../../core/once.ts';

test('callers that ask for a key meanwhile share one run and its result', async () => {
  const once = oncePerKey<string, number>();
  const { promise, resolve } = Promise.withResolvers<number>();
  let runs = 0;
  const start = () => {
    runs += 1;
    return promise;
  };
  const asked = [once('a', start), once('a', start), once('b', async () => 2)];
  resolve(1);
  expect(await Promise.all(asked)).toEqual([1, 1, 2]);
  expect(runs).toBe(1);
  expect(await once('a', async () => 3)).toBe(3);
});

test('a failure is shared and not kept', async () => {
  const once = oncePerKey<string, number>();
  const failing = async () => Promise.reject(new Error('away'));
  const asked = await Promise.allSettled([once('a', failing), once('a', failing)]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await once('a', async () => 1)).toBe(1);
});
