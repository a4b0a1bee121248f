import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { listedAtMost } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending, SessionStore, StoredSession } from '../../plugins/ports.ts';
import { createExpiringMap } from './expiring-map.ts';

export interface MemorySessionStoreOptions {
  /** Sessions kept; the least recently used goes first. As many endings are kept again, ten times over. */
  readonly maxEntries: number;
  readonly clock: Clock;
}

/**
 * Sessions of one process: for one replica, and gone with it. Endings are never pushed out before their time: when their
 * room is full, a logout fails with ERR_STORE rather than being forgotten.
 */
export function createMemorySessionStore({ maxEntries, clock }: MemorySessionStoreOptions): SessionStore {
  const live = new Cache<SessionKey, StoredSession>({ max: maxEntries, clock });
  const expiring = <T>() => createExpiringMap<T>(maxEntries * 10, clock, 'the session store');
  const [ended, marks, claims] = [expiring<number>(), expiring<{ at: Date; untilMs: number }>(), expiring<true>()];
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
      // Never shorter than before: another writer may know of a session that lives longer.
      const untilMs = Math.max(until.getTime(), ended.get(key) ?? 0);
      ended.set(key, untilMs, untilMs);
      live.delete(key);
      notify({ key });
    },
    async endAllOf(userId, notBefore, until) {
      // The later mark stays: endings can arrive in another order than they were made.
      const known = marks.get(userId);
      const untilMs = Math.max(until.getTime(), known?.untilMs ?? 0);
      marks.set(userId, { at: known !== undefined && known.at > notBefore ? known.at : notBefore, untilMs }, untilMs);
      notify({ userId, notBefore });
    },
    notBefore: async (userId) => marks.get(userId)?.at,
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
