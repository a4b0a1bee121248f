import { expect, test, vi } from 'vitest';
import { GatewayError } from '../../../../../plugins/errors.ts';
import { observedStore } from '../../../../../plugins/noetl-auth/session/session-store.ts';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../../../../plugins/ports.ts';
import { handClock, recorder, sessionOf, tokenOf } from '../../../../support/session-fakes.ts';

const key = sessionKey(tokenOf('noetl-session-a1b2c3'));
const until = new Date(0);

/** A store that records how it is called, and answers the name of the call. */
function storeThat(answer: (name: string) => unknown) {
  const calls: unknown[][] = [];
  const method =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args]);
      return answer(name);
    };
  const names = ['get', 'put', 'end', 'endAllOf', 'notBefore', 'claim', 'sessionsOf', 'ping', 'close'];
  const store = Object.fromEntries(names.map((name) => [name, method(name)])) as unknown as SessionStore;
  return { store: { ...store, onEnded: () => {} }, calls };
}

/** Each call, by the name under which it is measured. */
const callsOf = (store: SessionStore): Record<string, () => Promise<unknown>> => ({
  get: () => store.get(key),
  put: () => store.put(key, sessionOf(0), until, until),
  end: () => store.end(key, until, '7'),
  end_all: () => store.endAllOf('7', until, until),
  not_before: () => store.notBefore('7'),
  claim: () => store.claim?.('name', until) ?? Promise.reject(new Error('no claim')),
  list: () => store.sessionsOf?.('7') ?? Promise.reject(new Error('no list')),
  ping: () => store.ping(),
});

test('every call reaches the store with its arguments, and is measured under its name', async () => {
  const { store, calls } = storeThat((name) => name);
  const log = recorder();
  const watched = callsOf(observedStore(store, log.observe));
  const answers = await Promise.all(Object.values(watched).map((call) => call()));
  expect(answers).toEqual(['get', 'put', 'end', 'endAllOf', 'notBefore', 'claim', 'sessionsOf', 'ping']);
  expect(calls).toEqual([
    ['get', key],
    ['put', key, sessionOf(0), until, until],
    ['end', key, until, '7'],
    ['endAllOf', '7', until, until],
    ['notBefore', '7'],
    ['claim', 'name', until],
    ['sessionsOf', '7'],
    ['ping'],
  ]);
  expect(log.events).toEqual(
    Object.keys(watched).map((operation) => ({ type: 'store_call', operation, ms: expect.any(Number) })),
  );
});

test('the time of a call is that of the call', async () => {
  const clock = handClock(5_000);
  const now = vi.spyOn(performance, 'now').mockImplementation(clock);
  const log = recorder();
  const slow = (fails: boolean) =>
    observedStore(
      storeThat(() => {
        clock.advance(30);
        if (fails) throw new Error('down');
        return undefined;
      }).store,
      log.observe,
    );
  await slow(false).ping();
  await slow(true)
    .ping()
    .catch(() => {});
  now.mockRestore();
  expect(log.events.flatMap((event) => (event.type === 'store_call' ? [event.ms] : []))).toEqual([30, 30]);
});

test('a failure is counted, and becomes ERR_STORE with its cause', async () => {
  const cause = new TypeError('down');
  const { store } = storeThat(() => {
    throw cause;
  });
  const log = recorder();
  for (const [operation, call] of Object.entries(callsOf(observedStore(store, log.observe)))) {
    const error = await call().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_STORE', cause, retryAfterSecs: 1 });
    expect(String(error)).toMatch(/session store does not answer/);
    expect(log.events.splice(0)).toEqual([
      { type: 'store_call', operation, ms: expect.any(Number), problem: expect.any(String) },
      { type: 'store_error', operation },
    ]);
  }
});

test('ERR_STORE of a store passes as it is; an error with another code does not', async () => {
  const thrown = async (error: Error) => {
    const { store } = storeThat(() => {
      throw error;
    });
    return observedStore(store, () => {})
      .ping()
      .catch((caught: unknown) => caught);
  };
  const own = new GatewayError('ERR_STORE', 'out of order');
  expect(await thrown(own)).toBe(own);
  const other = new GatewayError('ERR_AUTH_UNAVAILABLE', 'no answer');
  expect(await thrown(other)).toMatchObject({ code: 'ERR_STORE', cause: other });
  const alike = Object.assign(new Error('down'), { code: 'ERR_STORE' });
  expect(await thrown(alike)).toMatchObject({ code: 'ERR_STORE', cause: alike });
});

test('what a store does not offer is not offered', async () => {
  const { store, calls } = storeThat(() => undefined);
  const { claim: _, sessionsOf: __, ...plain } = store;
  const watched = observedStore(plain, () => {});
  expect(watched).not.toHaveProperty('claim');
  expect(watched).not.toHaveProperty('sessionsOf');
  await watched.close();
  expect(calls).toEqual([['close']]);
});
