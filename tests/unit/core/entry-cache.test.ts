import { expect, test } from 'vitest';
import { createEntryCache } from '../../../core/entry-cache.ts';

test('keeps up to so many entries, and forgets the least recently used one first', () => {
  const cache = createEntryCache<string, number>(2);
  cache.set('a', 1);
  cache.set('b', 2);
  cache.get('a');
  cache.set('c', 3);
  expect([...cache.keys()].sort()).toEqual(['a', 'c']);
});

test('takes no memory for entries that it does not have', () => {
  expect(createEntryCache<string, number>(100_000).max).toBe(0);
});

test('keeps one entry when it is asked to keep none', () => {
  const cache = createEntryCache<string, number>(0);
  cache.set('a', 1);
  expect(cache.get('a')).toBe(1);
});

test('tells of entries that leave', () => {
  const left: string[] = [];
  const cache = createEntryCache<string, number>(1, { dispose: (_, key) => void left.push(key) });
  cache.set('a', 1);
  cache.set('b', 2);
  expect(left).toEqual(['a']);
});
