interface Slot<T> {
  readonly key: string;
  value: T | undefined;
  next: Slot<T> | undefined;
}

/** A power of two, and more than the reads that NoETL gets at a time (192): most buckets hold one slot at most. */
const bucketCount = 256;
/** So much of a key decides its bucket. Keys that agree further share one, and are found by comparing them. */
const hashedChars = 256;

/**
 * Work in flight, by key: entries that come and go thousands of times a second. A `Map` is the wrong place for them. Each of its tables
 * links to the one that replaced it, so that a dead table of the old generation keeps the next table alive, and with it promises and
 * answers that ended long ago, until the next full collection (measured in ADR 0023). Here the buckets stay, and a slot that is removed releases all that
 * it held.
 */
export class InFlight<T extends object> {
  readonly #buckets: (Slot<T> | undefined)[] = Array.from({ length: bucketCount }, () => undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): T | undefined {
    let at = this.#buckets[bucketOf(key)];
    while (at !== undefined && at.key !== key) at = at.next;
    return at?.value;
  }

  /** In place of what is under the key. */
  set(key: string, value: T): void {
    const bucket = bucketOf(key);
    const first = this.#buckets[bucket];
    let at = first;
    while (at !== undefined && at.key !== key) at = at.next;
    if (at !== undefined) at.value = value;
    else {
      this.#buckets[bucket] = { key, value, next: first };
      this.#size += 1;
    }
  }

  /** @param value only while this is under the key; undefined: whatever is */
  delete(key: string, value?: T): void {
    const bucket = bucketOf(key);
    let before: Slot<T> | undefined;
    let at = this.#buckets[bucket];
    while (at !== undefined && at.key !== key) {
      before = at;
      at = at.next;
    }
    if (at === undefined || (value !== undefined && at.value !== value)) return;
    if (before === undefined) this.#buckets[bucket] = at.next;
    else before.next = at.next;
    at.value = undefined;
    at.next = undefined;
    this.#size -= 1;
  }

  clear(): void {
    if (this.#size === 0) return;
    this.#buckets.fill(undefined);
    this.#size = 0;
  }
}

/** FNV-1a. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  const end = Math.min(key.length, hashedChars);
  for (let at = 0; at < end; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash ^ (hash >>> 16)) & (bucketCount - 1);
}
