import type { Clock } from '../../clock.ts';
import { GatewayError, problemCode } from '../../errors.ts';
import type { Observe } from '../../observe.ts';
import type { SessionStore } from '../../ports.ts';

/** The calls of a store, as metrics name them. */
type StoreOperation = 'get' | 'put' | 'end' | 'end_all' | 'not_before' | 'claim' | 'list' | 'ping';

/** The same store; calls are timed, failures are counted, and every error is thrown as ERR_STORE. */
export function observedStore(store: SessionStore, observe: Observe): SessionStore {
  async function watched<T>(operation: StoreOperation, run: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      const answer = await run();
      observe({ type: 'store_call', operation, ms: performance.now() - startedAt });
      return answer;
    } catch (error) {
      observe({ type: 'store_call', operation, ms: performance.now() - startedAt, problem: problemCode(error) });
      observe({ type: 'store_error', operation });
      if (error instanceof GatewayError && error.code === 'ERR_STORE') throw error;
      throw new GatewayError('ERR_STORE', 'the session store does not answer', { cause: error, retryAfterSecs: 1 });
    }
  }
  // Methods that a store can lack stay missing: callers look whether they are there.
  const claim = store.claim?.bind(store);
  const sessionsOf = store.sessionsOf?.bind(store);
  return {
    get: (key) => watched('get', () => store.get(key)),
    put: (key, session, checkedAt, until) => watched('put', () => store.put(key, session, checkedAt, until)),
    end: (key, until, userId) => watched('end', () => store.end(key, until, userId)),
    endAllOf: (userId, notBefore, until) => watched('end_all', () => store.endAllOf(userId, notBefore, until)),
    notBefore: (userId) => watched('not_before', () => store.notBefore(userId)),
    ...(claim && { claim: (name: string, until: Date) => watched('claim', () => claim(name, until)) }),
    ...(sessionsOf && { sessionsOf: (userId: string) => watched('list', () => sessionsOf(userId)) }),
    onEnded: (listener) => store.onEnded(listener),
    ping: () => watched('ping', () => store.ping()),
    close: () => store.close(),
  };
}

/** After a failure the store is left alone for this long. */
const retryMs = 1_000;
/** Of those that could not be written, the latest are kept. */
const pendingAtMost = 10_000;

/** A store that receives later the endings that it could not receive at once. */
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
      ...store,
      end: (key, until, userId) => write(`session ${key}`, () => store.end(key, until, userId)),
      endAllOf: (userId, notBefore, until) => write(`user ${userId}`, () => store.endAllOf(userId, notBefore, until)),
    },
    settle() {
      if (pending.size > 0 && !isSettling && clock() >= nextTryMs) void settleAll();
    },
  };
}
