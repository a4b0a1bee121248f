import { LRUCache } from 'lru-cache';

/**
 * Keeps up to so many entries; the least recently used go first. Its memory grows with the entries: `LRUCache` takes the
 * memory for all of `max` when it is made, some 300 bytes for each, which many large caches make a start pay.
 * @param maxEntries at least 1
 */
export const createEntryCache = <K extends {}, V extends {}>(
  maxEntries: number,
  options: Pick<LRUCache.OptionsBase<K, V, unknown>, 'ttl' | 'dispose'> = {},
): LRUCache<K, V> => new LRUCache<K, V>({ ...options, maxSize: Math.max(1, maxEntries), sizeCalculation: () => 1 });
