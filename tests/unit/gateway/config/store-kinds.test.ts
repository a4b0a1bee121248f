import { expect, test } from 'vitest';
import { isMemoryStore, sharedStoreForms, storeKindOf, storePort } from '../../../../gateway/config/addresses.ts';

test.each([
  ['memory:', 'memory'],
  ['memory:?prefix=blue', 'memory'],
  ['redis://localhost', 'redis'],
  ['rediss://user:secret@redis.example.com:6380/2', 'redis'],
  ['nats://localhost:4222', 'nats'],
  ['tls://nats.example.com', 'nats'],
  ['redis:', undefined],
  ['redis://', undefined],
  ['memory://host', undefined],
  ['memory', undefined],
  ['http://localhost', undefined],
])('the kind of %s', (url, kind) => {
  expect(storeKindOf(url)).toBe(kind);
  expect(isMemoryStore(url)).toBe(kind === 'memory');
});

test('schemes of stores have a port, others have none', () => {
  expect(['rediss:', 'tls:', 'memory:', 'https:'].map(storePort)).toEqual([6379, 4222, undefined, undefined]);
});

test('messages name every form of a shared store', () => {
  expect(sharedStoreForms).toBe('redis://…, rediss://…, nats://… or tls://…');
});
