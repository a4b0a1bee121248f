import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';

export interface CacheOptions<V> {
  /** The sum of the sizes of all entries. Without `sizeOf` it is a number of entries. */
  readonly max: number;
  /** The largest size of one entry. Default: `max`. */
  readonly maxEntry?: number;
  /** The size of a value at the time when it is set. Default: 1. */
  readonly sizeOf?: (value: V) => number;
  /** For entries with an end. */
  readonly clock?: Clock;
}

/** Made anew by each `set`: `lru-cache` counts the same object a second time with the size that it had first. */
interface Entry<V> {
  readonly value: V;
  readonly untilMs: number;
}

/**
 * The cache of every part of the gateway: entries up to a sum of sizes, the least recently used go first. A value that has grown is set
 * again, and then counts with the size that it has now. Its memory grows with its entries.
 */
export class Cache<K extends {}, V> {
  readonly #entries: LRUCache<K, Entry<V>>;
  readonly #clock: Clock;

  constructor({ max, maxEntry = max, sizeOf, clock = Date.now }: CacheOptions<V>) {
    this.#clock = clock;
    this.#entries = new LRUCache<K, Entry<V>>({
      // Not `lru-cache`'s own `max`: it takes the memory for all of it at once.
      maxSize: Math.max(1, Math.floor(max)),
      maxEntrySize: Math.max(1, Math.floor(maxEntry)),
      sizeCalculation: sizeOf === undefined ? () => 1 : ({ value }) => Math.max(1, Math.ceil(sizeOf(value))),
    });
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The sum of their sizes, as they were counted. */
  get total(): number {
    return this.#entries.calculatedSize;
  }

  get(key: K): V | undefined {
    return this.#current(key, this.#entries.get(key));
  }

  /** The same without a use. */
  peek(key: K): V | undefined {
    return this.#current(key, this.#entries.peek(key));
  }

  has(key: K): boolean {
    return this.peek(key) !== undefined;
  }

  /**
   * Sets an entry, and counts it. One that is larger than entries may be is not kept, and neither is the one before.
   * @param untilMs it is absent from then on. Default: no end
   */
  set(key: K, value: V, untilMs = Number.POSITIVE_INFINITY): void {
    this.#entries.set(key, { value, untilMs });
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** From the most recently used on, without a use. */
  *entries(): Generator<readonly [K, V]> {
    for (const [key, { value, untilMs }] of this.#entries.entries()) if (this.#clock() < untilMs) yield [key, value];
  }

  #current(key: K, entry: Entry<V> | undefined): V | undefined {
    if (entry === undefined) return undefined;
    if (entry.untilMs === Number.POSITIVE_INFINITY || this.#clock() < entry.untilMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }
}

/** @param max at least 1 */
export const createEntryCache = <K extends {}, V>(max: number): Cache<K, V> => new Cache<K, V>({ max });
