import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { createEntryCache, EntryCache } from '../../../core/entry-cache.ts';
import { randomFrom } from '../../support/random-plain-operation.ts';

test('keeps up to so many entries, and forgets the least recently used one first', () => {
  const cache = createEntryCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.peek('b');
  cache.set('c', 3);
  expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
  expect(cache.size).toBe(2);
});

test('keeps one entry when it is asked to keep none', () => {
  const cache = createEntryCache<string, number>(0);
  cache.set('a', 1);
  expect(cache.get('a')).toBe(1);
});

test('counts the entries that were used last, up to the first that does not fit', () => {
  const cache = new EntryCache<string, number>(10);
  expect(cache.countNewest(3, () => true)).toBe(0);
  for (const [key, value] of Object.entries({ a: 1, b: 9, c: 1, d: 1 })) cache.set(key, value);
  expect(cache.countNewest(9, (value) => value === 1)).toBe(2);
  expect(cache.countNewest(1, (value) => value === 1)).toBe(1);
  cache.get('a');
  expect(cache.countNewest(9, (value) => value === 1)).toBe(3);
});

test('holds what lru-cache holds, whatever is done', () => {
  const random = randomFrom(1);
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const own = new EntryCache<string, number>(10, (value) => value);
  const theirs = new LRUCache<string, number>({ maxSize: 10, sizeCalculation: (value) => value });
  for (let step = 0; step < 20_000; step += 1) {
    const key = random.pick(keys);
    const value = random.pick([1, 2, 3, 5, 10, 11]);
    const [mine, other] = random.pick([
      () => [own.get(key), theirs.get(key)],
      () => [own.set(key, value), void theirs.set(key, value)],
      () => [own.delete(key), theirs.delete(key)],
      () => [own.peek(key), theirs.peek(key)],
      () => [own.has(key), theirs.has(key)],
      () => (step % 50 === 0 ? [own.clear(), theirs.clear()] : []),
    ])();
    expect([step, mine]).toEqual([step, other]);
    expect(own.size).toBe(theirs.size);
  }
});
