import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';

interface Entry<T> {
  readonly value: T;
  readonly untilMs: number;
}

/** A bounded map whose entries leave when their time is over, and not before. */
export interface ExpiringMap<T> {
  get(key: string): T | undefined;
  /** @throws ERR_STORE when there is no place for a new key: an entry of another user is never pushed out */
  set(key: string, value: T, untilMs: number): void;
  delete(key: string): void;
}

/** @param what names the store in the error */
export function createExpiringMap<T>(maxEntries: number, clock: Clock, what: string): ExpiringMap<T> {
  const entries = new Map<string, Entry<T>>();
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  /** Removes what is over, once a second at most: it reads every entry. */
  function sweep(): void {
    const now = clock();
    if (now - sweptAtMs < 1_000) return;
    sweptAtMs = now;
    for (const [key, { untilMs }] of entries) if (untilMs <= now) entries.delete(key);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && clock() < entry.untilMs ? entry.value : undefined;
    },
    set(key, value, untilMs) {
      const isNew = !entries.has(key);
      if (isNew && entries.size >= maxEntries) sweep();
      if (isNew && entries.size >= maxEntries) {
        throw new GatewayError('ERR_STORE', `${what} is full`, { retryAfterSecs: 60 });
      }
      entries.set(key, { value, untilMs });
    },
    delete: (key) => void entries.delete(key),
  };
}
