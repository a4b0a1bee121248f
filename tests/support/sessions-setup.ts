import { GatewayError } from '../../plugins/errors.ts';
import { createSessions, type SessionsOptions } from '../../plugins/noetl-auth/session/sessions.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { fakeValidator, handClock, hourMs, recorder, tokenOf } from './session-fakes.ts';
import { createMemorySessionStore } from './session-stores.ts';

/** Limits of the sessions of these tests. */
export const limits = {
  cacheTtlMs: 5_000,
  cacheSize: 1_000,
  revalidateMs: 300_000,
  invalidTtlMs: 10_000,
  maxMs: 24 * hourMs,
};
export const token = tokenOf('noetl-session-a1b2c3');
export const unavailable = () => {
  throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'no answer');
};

/** Sessions over a store in memory and a validator that the test scripts. */
export function setup(change: Partial<SessionsOptions> = {}) {
  const clock = handClock();
  const store = createMemorySessionStore({ maxEntries: 1_000, clock });
  const noetl = fakeValidator();
  const log = recorder();
  const given: SessionsOptions = {
    store,
    validator: noetl.validator,
    clock,
    options: limits,
    limits: { validationsAtOnce: 16, validationsWaiting: 64 },
    observe: log.observe,
    ...change,
  };
  const sessions = createSessions(given);
  /** Another process on the same store and validator. */
  const replica = () => createSessions({ ...given, observe: () => {} });
  return { clock, store, noetl, log, sessions, replica };
}

/** The same store, out of order while `down` is true. */
export function breakable(store: SessionStore) {
  const state = { down: false };
  const proxy = new Proxy(store, {
    get(target, name: keyof SessionStore) {
      if (!state.down || name === 'onEnded') return target[name];
      return async () => {
        throw new GatewayError('ERR_STORE', 'down');
      };
    },
  });
  return { state, store: proxy };
}

/** The code of the error that it rejects with, another error itself, undefined where it resolves. */
export const codeOf = (asked: unknown): Promise<unknown> =>
  Promise.resolve(asked).then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );
