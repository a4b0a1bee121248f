import type { Clock } from '../../clock.ts';
import type { SessionStore } from '../../ports.ts';

/** After a failure the store is left alone for this long. */
const retryMs = 1_000;
/** Of those that could not be written, the latest are kept. */
const pendingAtMost = 10_000;

/** A store that later receives the endings that it could not receive at once. */
export interface PendingEndings {
  /** `end` and `endAllOf` still throw when they fail, but are pending from then on. */
  readonly store: SessionStore;
  /** Writes pending endings, in the background and not too often; call it whenever there is traffic. Never throws. */
  settle(): void;
}

/**
 * Endings outlive an outage of the store. This process refuses such a session from the start, so that its user, who was
 * informed that the logout failed, could not log out again; the other replicas must still receive the ending.
 */
export function createPendingEndings(store: SessionStore, clock: Clock): PendingEndings {
  const pending = new Map<string, () => Promise<void>>();
  let nextTryMs = 0;
  let isSettling = false;

  async function write(name: string, ending: () => Promise<void>): Promise<void> {
    try {
      await ending();
      pending.delete(name);
    } catch (error) {
      // Last in the queue: one that never succeeds must not keep others from it.
      pending.delete(name);
      if (pending.size >= pendingAtMost) pending.delete(pending.keys().next().value ?? '');
      pending.set(name, ending);
      nextTryMs = clock() + retryMs;
      throw error;
    }
  }

  async function settleAll(): Promise<void> {
    isSettling = true;
    try {
      for (const [name, ending] of pending) await write(name, ending);
    } catch {
      // Tried again with later traffic.
    } finally {
      isSettling = false;
    }
  }

  return {
    store: {
      ...methodsOf(store),
      end: (key, until, userId) => write(`session ${key}`, () => store.end(key, until, userId)),
      endAllOf: (userId, notBefore, until) => write(`user ${userId}`, () => store.endAllOf(userId, notBefore, until)),
    },
    settle() {
      if (pending.size > 0 && !isSettling && clock() >= nextTryMs) void settleAll();
    },
  };
}

function methodsOf(store: SessionStore): Omit<SessionStore, 'end' | 'endAllOf'> {
  return {
    get: (key) => store.get(key),
    put: (key, session, checkedAt, until) => store.put(key, session, checkedAt, until),
    notBefore: (userId) => store.notBefore(userId),
    ...(store.claim && { claim: store.claim.bind(store) }),
    ...(store.sessionsOf && { sessionsOf: store.sessionsOf.bind(store) }),
    onEnded: (listener) => store.onEnded(listener),
    ping: () => store.ping(),
    close: () => store.close(),
  };
}
