import { GatewayError } from '../../errors.ts';
import type { Observe } from '../../observe.ts';
import type { SessionStore } from '../../ports.ts';
import { problemCode } from '../../problem-code.ts';

/** The calls of a store, as metrics name them. */
type StoreOperation = 'get' | 'put' | 'end' | 'end_all' | 'not_before' | 'claim' | 'list' | 'ping';

/** The same store; calls are timed, failures are counted, and every error is thrown as ERR_STORE. */
export function watchedStore(store: SessionStore, observe: Observe): SessionStore {
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
