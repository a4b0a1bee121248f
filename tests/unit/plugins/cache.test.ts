import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, test } from 'vitest';
import { Cache } from '../../../plugins/cache.ts';
import { handClock } from '../../support/session-fakes.ts';

test('keeps up to so many entries, and forgets the least recently used one first', () => {
  const cache = new Cache<string, number>({ max: 2 });
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.peek('b');
  cache.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  expect(cache.size).toBe(2);
});

test('keeps one entry when it is asked to keep none', () => {
  const cache = new Cache<string, number>({ max: 0 });
  cache.set('a', 1);
  expect(cache.get('a')).toBe(1);
});

test('an entry is absent from its end on, to every reader', () => {
  const clock = handClock();
  const cache = new Cache<string, number>({ max: 10, clock });
  cache.set('a', 1, clock() + 100);
  cache.set('b', 2);
  clock.advance(99);
  expect(cache.get('a')).toBe(1);
  clock.advance(1);
  expect([...cache.entries()]).toEqual([['b', 2]]);
  expect([cache.has('a'), cache.peek('a'), cache.get('a')]).toEqual([false, undefined, undefined]);
  expect(cache.total).toBe(1);
});

/** A value that grows and shrinks, as what is read of an execution does. */
interface Box {
  size: number;
}

/** What is done to a cache. */
const changes = {
  set: (cache: Cache<string, Box>, key: string, size: number) => cache.set(key, { size }),
  resize(cache: Cache<string, Box>, key: string, size: number) {
    const known = cache.peek(key);
    if (known !== undefined) cache.set(key, Object.assign(known, { size }));
  },
  get: (cache: Cache<string, Box>, key: string) => cache.get(key),
  delete: (cache: Cache<string, Box>, key: string) => cache.delete(key),
  clear: (cache: Cache<string, Box>, _: string, size: number) => (size === 1 ? cache.clear() : undefined),
};

const steps = fc.array(
  fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    size: fc.integer({ min: 1, max: 14 }),
    step: fc.constantFrom(...(Object.keys(changes) as (keyof typeof changes)[])),
  }),
  { maxLength: 60 },
);

describe('sizes', () => {
  test('the counted size is that of what is held, also of an object that was set before with another size', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const cache = new Cache<string, Box>({ max: 20, maxEntry: 12, sizeOf: ({ size }) => size });
        for (const { key, size, step } of given) {
          changes[step](cache, key, size);
          const sizes = [...cache.entries()].map(([, held]) => held.size);
          expect(cache.total).toBe(sizes.reduce((sum, each) => sum + each, 0));
          expect(cache.total).toBeLessThanOrEqual(20);
          expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(12);
        }
      }),
    );
  });

  test('the library alone counts an object that is set again with its first size', () => {
    const cache = new LRUCache<string, Box>({ maxSize: 20, sizeCalculation: ({ size }) => size });
    const box = { size: 1 };
    cache.set('a', box);
    box.size = 10;
    cache.set('a', box);
    // When this fails, `Cache` need not make an entry for each value.
    expect(cache.calculatedSize).toBe(1);
  });
});
