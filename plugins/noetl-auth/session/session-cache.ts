import { Cache } from '../../cache.ts';
import type { Clock } from '../../clock.ts';
import type { Ending } from '../../ports.ts';
import { markNames, type Session } from './session.ts';
import type { SessionKey } from './session-token.ts';

/** A session, and when its issuer last confirmed it, milliseconds. */
export interface KnownSession {
  readonly session: Session;
  readonly checkedAtMs: number;
}

/** How much one process remembers, and for how long (milliseconds). */
export interface SessionMemoryOptions {
  readonly clock: Clock;
  readonly cacheTtlMs: number;
  readonly cacheSize: number;
  readonly invalidTtlMs: number;
}

/** Endings are permanent; the latest of them are kept, this many. */
const endingsKept = 100_000;

/**
 * What one process remembers, bounded: sessions for a short time, invalid tokens for a short time, and endings. Invalid
 * tokens have a cache of their own, so that guessing evicts no session.
 */
export function createSessionMemory({ clock, cacheTtlMs, cacheSize, invalidTtlMs }: SessionMemoryOptions) {
  const max = Math.max(1, cacheSize);
  const live = new Cache<SessionKey, KnownSession>({ max, clock });
  const invalid = new Cache<SessionKey, true>({ max, clock });
  const waiting = new Cache<SessionKey, true>({ max, clock });
  const endedKeys = new Cache<SessionKey, true>({ max: endingsKept });
  const notBeforeMs = new Cache<string, number>({ max: endingsKept });

  return {
    recall: (key: SessionKey): KnownSession | undefined => live.get(key),
    keep(key: SessionKey, known: KnownSession): void {
      live.set(key, known, clock() + cacheTtlMs);
      invalid.delete(key);
    },
    isInvalid: (key: SessionKey): boolean => invalid.get(key) === true,
    refuse(key: SessionKey): void {
      live.delete(key);
      invalid.set(key, true, clock() + invalidTtlMs);
    },
    /** Whether an ending that this process has received covers the session, however it was found. */
    hasEnded(key: SessionKey, session: Session): boolean {
      const issuedAtMs = session.issuedAt.getTime();
      return endedKeys.has(key) || markNames(session).some((name) => issuedAtMs <= (notBeforeMs.get(name) ?? -1));
    },
    noteEnding(ending: Ending): void {
      if ('key' in ending) endedKeys.set(ending.key, true);
      else if ('userId' in ending) {
        const known = notBeforeMs.get(ending.userId) ?? -1;
        notBeforeMs.set(ending.userId, Math.max(known, ending.notBefore.getTime()));
      } else live.clear();
    },
    mayAsk: (key: SessionKey): boolean => waiting.get(key) === undefined,
    askAgainIn(key: SessionKey, ms: number): void {
      waiting.set(key, true, clock() + ms);
    },
  };
}

/** See {@link createSessionMemory}. */
export type SessionMemory = ReturnType<typeof createSessionMemory>;
