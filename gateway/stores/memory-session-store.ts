import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { listedAtMost } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending, SessionStore, StoredSession } from '../../plugins/ports.ts';

export interface MemorySessionStoreOptions {
  /** Sessions kept; the least recently used goes first. As many endings are kept again, ten times over. */
  readonly maxEntries: number;
  readonly clock: Clock;
}

interface Kept<T> {
  readonly value: T;
  readonly untilMs: number;
}

/**
 * Sessions of one process: for one replica, and gone with it. Endings are never pushed out before their time: when their
 * room is full, a logout fails with ERR_STORE rather than being forgotten.
 */
export function createMemorySessionStore({ maxEntries, clock }: MemorySessionStoreOptions): SessionStore {
  const live = new Cache<SessionKey, StoredSession>({ max: maxEntries, clock });
  const ended = createKeep<true>(maxEntries * 10, clock);
  const marks = createKeep<Date>(maxEntries * 10, clock);
  const claims = createKeep<true>(maxEntries * 10, clock);
  const { add, notify } = createListeners<Ending>();

  return {
    async get(key) {
      if (ended.get(key) !== undefined) return { state: 'ended' };
      return live.get(key);
    },
    async put(key, session, checkedAt, keepUntil) {
      if (ended.get(key) !== undefined) return false;
      live.set(key, { state: 'live', session, checkedAt }, keepUntil.getTime());
      return true;
    },
    async end(key, until) {
      ended.set(key, true, until.getTime());
      live.delete(key);
      notify({ key });
    },
    async endAllOf(userId, notBefore, until) {
      // The later mark stays: endings can arrive in another order than they were made.
      const known = marks.get(userId);
      marks.set(userId, known !== undefined && known > notBefore ? known : notBefore, until.getTime());
      notify({ userId, notBefore });
    },
    notBefore: async (userId) => marks.get(userId),
    async claim(name, until) {
      if (claims.get(name) !== undefined) return false;
      claims.set(name, true, until.getTime());
      return true;
    },
    // Looks at every session: an operator asks seldom, and an index would be written with each login.
    async sessionsOf(userId) {
      const own = [...live.entries()].flatMap(([key, found]) =>
        found.state === 'live' && found.session.user.userId === userId ? [{ key, session: found.session }] : [],
      );
      return own.toSorted((a, b) => b.session.issuedAt.getTime() - a.session.issuedAt.getTime()).slice(0, listedAtMost);
    },
    onEnded: add,
    ping: async () => {},
    close: async () => {},
  };
}

/** A bounded map whose entries leave when their time is over and not before. */
function createKeep<T>(max: number, clock: Clock) {
  const entries = new Map<string, Kept<T>>();
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  /** Removes what is over, once a second at most: it looks at every entry. */
  function sweep(): void {
    const now = clock();
    if (now - sweptAtMs < 1_000) return;
    sweptAtMs = now;
    for (const [key, { untilMs }] of entries) if (untilMs <= now) entries.delete(key);
  }

  return {
    get(key: string): T | undefined {
      const kept = entries.get(key);
      return kept !== undefined && clock() < kept.untilMs ? kept.value : undefined;
    },
    /** @throws ERR_STORE when there is no room for a new name */
    set(key: string, value: T, untilMs: number): void {
      const known = entries.get(key);
      if (known === undefined && entries.size >= max) sweep();
      if (known === undefined && entries.size >= max) {
        throw new GatewayError('ERR_STORE', 'the session store is full', { retryAfterSecs: 60 });
      }
      // Never shorter than before: another writer may know of a session that lives longer.
      entries.set(key, { value, untilMs: Math.max(untilMs, known?.untilMs ?? 0) });
    },
  };
}
