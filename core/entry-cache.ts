interface Entry<K, V> {
  readonly key: K;
  value: V;
  size: number;
  newer: Entry<K, V> | undefined;
  older: Entry<K, V> | undefined;
}

/**
 * Keeps entries up to a sum of sizes; the least recently used go first. Its memory grows with the entries. `lru-cache` takes the memory
 * for all of `max` when it is made, and looks at options that are not used here on every access.
 */
export class EntryCache<K, V> {
  readonly #max: number;
  readonly #sizeOf: (value: V) => number;
  readonly #entries = new Map<K, Entry<K, V>>();
  #newest: Entry<K, V> | undefined;
  #oldest: Entry<K, V> | undefined;
  #total = 0;

  /** @param sizeOf of a value at the time when it is set; default: 1, so that `max` is a number of entries */
  constructor(max: number, sizeOf: (value: V) => number = () => 1) {
    this.#max = Math.max(1, max);
    this.#sizeOf = sizeOf;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry !== this.#newest) {
      this.#unlink(entry);
      this.#link(entry);
    }
    return entry.value;
  }

  /** The same without a use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** A value that is larger than all may be together is not kept, and neither is the one before. */
  set(key: K, value: V): void {
    const size = this.#sizeOf(value);
    const known = this.#entries.get(key);
    if (known === undefined) {
      const entry: Entry<K, V> = { key, value, size, newer: undefined, older: undefined };
      this.#entries.set(key, entry);
      this.#link(entry);
      this.#total += size;
    } else {
      this.#total += size - known.size;
      known.value = value;
      known.size = size;
      this.#unlink(known);
      this.#link(known);
    }
    if (size > this.#max) this.delete(key);
    while (this.#total > this.#max && this.#oldest !== undefined) this.delete(this.#oldest.key);
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#entries.delete(key);
    this.#unlink(entry);
    // A dead entry of the old generation would keep its neighbours, and theirs, until the next full collection.
    entry.newer = undefined;
    entry.older = undefined;
    this.#total -= entry.size;
    return true;
  }

  /** From the most recently used on; a look does not count as a use. */
  *entries(): Generator<readonly [K, V]> {
    for (let at = this.#newest; at !== undefined; at = at.older) yield [at.key, at.value];
  }

  clear(): void {
    this.#entries.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
    this.#total = 0;
  }

  /** How many of the most recently used fit, up to `most`; stops at the first that does not. */
  countNewest(most: number, fits: (value: V) => boolean): number {
    let count = 0;
    for (let at = this.#newest; at !== undefined && count < most && fits(at.value); at = at.older) count += 1;
    return count;
  }

  #link(entry: Entry<K, V>): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink({ newer, older }: Entry<K, V>): void {
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
  }
}

/** @param maxEntries at least 1 */
export const createEntryCache = <K, V>(maxEntries: number): EntryCache<K, V> => new EntryCache<K, V>(maxEntries);
