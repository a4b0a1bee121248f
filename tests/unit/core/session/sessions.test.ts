import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../core/errors.ts';
import type { SessionStore } from '../../../../core/ports.ts';
import { outageGraceMs } from '../../../../core/session/session-check.ts';
import { sessionKey } from '../../../../core/session/session-token.ts';
import { createSessions, type SessionsOptions } from '../../../../core/session/sessions.ts';
import { createMemorySessionStore } from '../../../../server/stores/memory-session-store.ts';
import {
  fakeValidator,
  handClock,
  hourMs,
  recorder,
  sessionOf,
  settle,
  tokenOf,
} from '../../../support/session-fakes.ts';

const options = {
  cacheTtlMs: 5_000,
  cacheSize: 1_000,
  revalidateMs: 300_000,
  invalidTtlMs: 10_000,
  maxMs: 24 * hourMs,
};
const token = tokenOf('noetl-session-a1b2c3');
const unavailable = () => {
  throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'no answer');
};

function setup(change: Partial<SessionsOptions> = {}) {
  const clock = handClock();
  const store = createMemorySessionStore({ maxEntries: 1_000, clock });
  const noetl = fakeValidator();
  const log = recorder();
  const given: SessionsOptions = {
    store,
    validator: noetl.validator,
    clock,
    options,
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
function breakable(store: SessionStore) {
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

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => (error instanceof GatewayError ? error.code : error),
  );

describe('finding', () => {
  test('a thousand lookups at once of a new token make one validation', async () => {
    const { sessions, noetl, clock } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    const found = await Promise.all(Array.from({ length: 1_000 }, () => sessions.lookup(token)));
    expect(found.every((session) => session?.user.userId === '7')).toBe(true);
    expect(noetl.asked).toEqual([token]);
  });

  test('process cache, then store, then validator', async () => {
    const { sessions, noetl, clock, log, replica } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    await sessions.lookup(token);
    await sessions.lookup(token);
    clock.advance(options.cacheTtlMs);
    await sessions.lookup(token);
    expect(log.events.flatMap((event) => (event.type === 'session_check' ? [event.layer] : []))).toEqual([
      'validator',
      'process',
      'store',
    ]);
    expect((await replica().lookup(token))?.user.userId).toBe('7');
    expect(noetl.asked).toHaveLength(1);
  });

  test('a token that is no session is remembered for a short time', async () => {
    const { sessions, noetl, clock } = setup();
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(noetl.asked).toHaveLength(1);
    clock.advance(options.invalidTtlMs);
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(noetl.asked).toHaveLength(2);
  });

  test('could not find out is an error, and is not remembered', async () => {
    const { sessions, noetl, clock } = setup();
    noetl.knows(token, unavailable);
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_AUTH_UNAVAILABLE');
    noetl.knows(token, () => sessionOf(clock()));
    expect((await sessions.lookup(token))?.user.userId).toBe('7');
  });

  test('a validator that breaks is an outage, not a no', async () => {
    const { sessions, noetl } = setup();
    noetl.knows(token, () => {
      throw new TypeError('bug');
    });
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_AUTH_UNAVAILABLE');
  });
});

describe('a store that is out', () => {
  test('is an error for what needs it, and never remembered as invalid', async () => {
    const clock = handClock();
    const { state, store } = breakable(createMemorySessionStore({ maxEntries: 10, clock }));
    const { sessions, noetl, log } = setup({ store, clock });
    noetl.knows(token, () => sessionOf(clock()));
    state.down = true;
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_STORE');
    expect(noetl.asked).toEqual([]);
    expect(log.count((event) => event.type === 'store_error')).toBe(1);
    state.down = false;
    expect(await sessions.lookup(token)).toBeDefined();
  });

  test('leaves what this process read a moment ago, for its short time', async () => {
    const clock = handClock();
    const { state, store } = breakable(createMemorySessionStore({ maxEntries: 10, clock }));
    const { sessions } = setup({ store, clock });
    await sessions.remember(token, sessionOf(clock()));
    state.down = true;
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(options.cacheTtlMs);
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_STORE');
  });

  test('fails a logout loudly, and the session is still over here', async () => {
    const clock = handClock();
    const { state, store } = breakable(createMemorySessionStore({ maxEntries: 10, clock }));
    const { sessions } = setup({ store, clock });
    await sessions.remember(token, sessionOf(clock()));
    state.down = true;
    expect(await codeOf(sessions.end(token, sessionOf(clock())))).toBe('ERR_STORE');
    state.down = false;
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('fails a login, and reports it', async () => {
    const clock = handClock();
    const { state, store } = breakable(createMemorySessionStore({ maxEntries: 10, clock }));
    const { sessions, log } = setup({ store, clock });
    state.down = true;
    expect(await codeOf(sessions.remember(token, sessionOf(clock())))).toBe('ERR_STORE');
    expect(log.count((event) => event.type === 'session_cache_failed')).toBe(1);
  });

  test('takes no login for one that gives a session ended before', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock()));
    await sessions.end(token, sessionOf(clock()));
    expect(await codeOf(sessions.remember(token, sessionOf(clock())))).toBe('ERR_AUTH_UNAVAILABLE');
  });

  test.each([
    ['a logout', 'end'],
    ['a logout of all sessions', 'endAllOf'],
  ] as const)('%s that the store could not record reaches other replicas after the outage', async (_name, how) => {
    const clock = handClock();
    const broken = breakable(createMemorySessionStore({ maxEntries: 10, clock }));
    const { sessions, replica } = setup({ store: broken.store, clock });
    const other = replica();
    const session = sessionOf(clock());
    await sessions.remember(token, session);
    broken.state.down = true;
    clock.advance(10);
    const ending = how === 'end' ? sessions.end(token, session) : sessions.endAllOf(session.user);
    expect(await codeOf(ending)).toBe('ERR_STORE');
    clock.advance(1_000);
    expect(await sessions.lookup(token)).toBeUndefined();
    await settle();
    broken.state.down = false;
    expect(await other.lookup(token)).toBeDefined();
    clock.advance(1_000);
    expect(await sessions.lookup(token)).toBeUndefined();
    await settle();
    clock.advance(options.cacheTtlMs);
    expect(await other.lookup(token)).toBeUndefined();
  });
});

describe('guesses', () => {
  const guess = (n: number) => tokenOf(`guess-${n}`);

  test('four hundred unknown tokens cost eighty validations; the rest is shed and may come again', async () => {
    const { sessions, noetl, log } = setup();
    noetl.hold();
    const answers = Array.from({ length: 400 }, (_, n) => codeOf(sessions.lookup(guess(n))));
    await settle();
    expect(noetl.asked).toHaveLength(16);
    noetl.release();
    const codes = await Promise.all(answers);
    expect(noetl.asked).toHaveLength(80);
    expect(codes.filter((code) => code === 'ERR_OVERLOADED')).toHaveLength(320);
    expect(log.count((event) => event.type === 'validation' && event.state === 'shed')).toBe(320);
  });

  test('a burst that arrives more slowly than validations end costs no more', async () => {
    const { sessions, noetl, clock } = setup();
    for (let n = 0; n < 400; n += 1) {
      await codeOf(sessions.lookup(guess(n)));
      clock.advance(4);
    }
    expect(noetl.asked).toHaveLength(80);
  });

  test('what was shed says when to come back', async () => {
    const { sessions } = setup({ limits: { validationsAtOnce: 1, validationsWaiting: 0 } });
    await sessions.lookup(guess(1));
    await expect(sessions.lookup(guess(2))).rejects.toMatchObject({ code: 'ERR_OVERLOADED', retryAfterSecs: 2 });
  });

  test('known sessions do not feel them, and their checks go first', async () => {
    const { sessions, noetl, clock } = setup({ limits: { validationsAtOnce: 2, validationsWaiting: 10 } });
    await sessions.remember(token, sessionOf(clock()));
    noetl.knows(token, () => sessionOf(clock()));
    noetl.hold();
    const guesses = Array.from({ length: 50 }, (_, n) => codeOf(sessions.lookup(guess(n))));
    await settle();
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(options.revalidateMs);
    expect(await sessions.lookup(token)).toBeDefined();
    noetl.release();
    await Promise.all(guesses);
    await settle();
    expect(noetl.asked.indexOf(token)).toBe(2);
  });

  test('they push no session out of the process cache', async () => {
    const { sessions, log, clock } = setup({ options: { ...options, cacheSize: 5 } });
    await sessions.remember(token, sessionOf(clock()));
    for (let n = 0; n < 20; n += 1) await sessions.lookup(guess(n));
    await sessions.lookup(token);
    expect(log.events.at(-1)).toEqual({ type: 'session_check', outcome: 'ok', layer: 'process' });
  });
});

describe('expiry', () => {
  test('is honoured on a cached hit', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock(), { expiresAt: new Date(clock() + 1_000) }));
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(1_000);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('a session that is over here is not revived by a validator that still knows it', async () => {
    const { sessions, clock, noetl, replica } = setup();
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(clock() + 24 * hourMs) }));
    await sessions.remember(token, sessionOf(clock(), { expiresAt: new Date(clock() + hourMs) }));
    clock.advance(hourMs);
    expect(await replica().lookup(token)).toBeUndefined();
    clock.advance(20 * hourMs);
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(noetl.asked).toEqual([]);
  });

  test('a check does not extend a session, and may shorten it', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock(), { expiresAt: new Date(clock() + hourMs) }));
    const end = clock() + hourMs;
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(clock() + 24 * hourMs) }));
    clock.advance(2 * options.revalidateMs);
    expect((await sessions.lookup(token))?.expiresAt.getTime()).toBe(end);
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(end - 1) }));
    clock.advance(2 * options.revalidateMs);
    expect((await sessions.lookup(token))?.expiresAt.getTime()).toBe(end - 1);
  });

  test('no session outlives the cap, from when it was first known', async () => {
    const { sessions, clock, noetl } = setup();
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(Date.UTC(9999, 0)) }));
    const first = clock();
    for (let hour = 0; hour < 24; hour += 1) {
      expect(await sessions.lookup(token)).toBeDefined();
      clock.advance(hourMs);
    }
    expect(clock() - first).toBe(options.maxMs);
    expect(await sessions.lookup(token)).toBeUndefined();
    clock.advance(20 * 24 * hourMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('a login is capped like any other session', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock(), { expiresAt: new Date(clock() + 30 * 24 * hourMs) }));
    expect((await sessions.lookup(token))?.expiresAt.getTime()).toBe(clock() + options.maxMs);
  });

  test('a session that is over when the validator answers is not kept', async () => {
    const { sessions, clock, noetl, store } = setup();
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(clock()) }));
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(await store.get(sessionKey(token))).toBeUndefined();
  });

  test('a date that is no date is no session', async () => {
    const { sessions, noetl, clock } = setup();
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(Number.NaN) }));
    expect(await sessions.lookup(token)).toBeUndefined();
  });
});

describe('checking again', () => {
  test('beside the request at first: the session ends with the answer', async () => {
    const { sessions, clock, noetl, replica } = setup();
    await sessions.remember(token, sessionOf(clock()));
    clock.advance(options.revalidateMs - 1);
    await sessions.lookup(token);
    expect(noetl.asked).toEqual([]);
    clock.advance(options.cacheTtlMs);
    noetl.hold();
    expect(await sessions.lookup(token)).toBeDefined();
    expect(noetl.asked).toEqual([token]);
    noetl.release();
    await settle();
    expect(await sessions.lookup(token)).toBeUndefined();
    noetl.knows(token, () => sessionOf(clock()));
    expect(await replica().lookup(token)).toBeUndefined();
  });

  test('before the request when the last answer is old', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock()));
    clock.advance(2 * options.revalidateMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('new roles apply; another user under the same token ends it', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    const user = { ...sessionOf(0).user, roles: ['viewer'] };
    noetl.knows(token, () => sessionOf(clock(), { user }));
    clock.advance(2 * options.revalidateMs);
    expect((await sessions.lookup(token))?.user.roles).toEqual(['viewer']);
    noetl.knows(token, () => sessionOf(clock(), { userId: '8' }));
    clock.advance(2 * options.revalidateMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('an outage is borne for a stated time, then it is 503; never for a session that is over', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    noetl.knows(token, unavailable);
    clock.advance(options.revalidateMs + outageGraceMs - 1);
    expect(await sessions.lookup(token)).toBeDefined();
    clock.advance(1);
    expect(await codeOf(sessions.lookup(token))).toBe('ERR_AUTH_UNAVAILABLE');
    noetl.knows(token, () => sessionOf(clock()));
    clock.advance(10_000);
    expect(await sessions.lookup(token)).toBeDefined();
  });

  test('a validator that is out is left alone for a while', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.remember(token, sessionOf(clock()));
    noetl.knows(token, unavailable);
    clock.advance(2 * options.revalidateMs);
    for (let n = 0; n < 10; n += 1) await sessions.lookup(token);
    expect(noetl.asked).toHaveLength(1);
  });

  test('no validator is asked about tokens that the gateway issued', async () => {
    const { sessions, clock, noetl, replica } = setup();
    await sessions.remember(token, { ...sessionOf(clock()), selfIssued: true });
    clock.advance(3 * options.revalidateMs);
    expect(await sessions.lookup(token)).toBeDefined();
    expect(await replica().lookup(token)).toBeDefined();
    expect(noetl.asked).toEqual([]);
  });
});

describe('ending', () => {
  test('a logged-out token stays dead although the validator still knows it', async () => {
    const { sessions, clock, noetl, replica } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    const session = await sessions.lookup(token);
    if (session === undefined) throw new Error('not found');
    const other = replica();
    expect(await other.lookup(token)).toBeDefined();
    await sessions.end(token, session);
    expect(await sessions.lookup(token)).toBeUndefined();
    expect(await other.lookup(token)).toBeUndefined();
    clock.advance(7 * hourMs);
    expect(await replica().lookup(token)).toBeUndefined();
  });

  test('an ending while the validator answers wins', async () => {
    const { sessions, clock, noetl } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    noetl.hold();
    const early = sessions.lookup(token);
    await settle();
    await sessions.end(token, sessionOf(clock()));
    noetl.release();
    expect(await early).toBeUndefined();
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('an ending by another replica while the validator answers wins, even when no notice of it came', async () => {
    const clock = handClock();
    const inner = createMemorySessionStore({ maxEntries: 10, clock });
    const { sessions, noetl } = setup({ store: { ...inner, onEnded: () => {} }, clock });
    noetl.knows(token, () => sessionOf(clock()));
    noetl.hold();
    const early = sessions.lookup(token);
    await settle();
    await inner.end(sessionKey(token), new Date(clock() + hourMs));
    noetl.release();
    expect(await early).toBeUndefined();
  });

  test('all of a user: everything issued before, on every replica; a login after it works', async () => {
    const { sessions, clock, replica } = setup();
    const other = replica();
    const second = tokenOf('second');
    await sessions.remember(token, sessionOf(clock()));
    await other.remember(second, sessionOf(clock()));
    await sessions.endAllOf(sessionOf(0).user);
    for (const place of [sessions, other, replica()]) {
      expect(await place.lookup(token)).toBeUndefined();
      expect(await place.lookup(second)).toBeUndefined();
    }
    const third = tokenOf('third');
    await sessions.remember(third, sessionOf(clock()));
    expect(await sessions.lookup(third)).toBeDefined();
    expect(await replica().lookup(third)).toBeDefined();
  });

  test('all of a user: a session that only the validator knows cannot be proved newer', async () => {
    const { sessions, clock, noetl } = setup();
    await sessions.endAllOf(sessionOf(0).user);
    clock.advance(hourMs);
    noetl.knows(token, () => sessionOf(clock(), { issuedAt: new Date(clock()) }));
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('all of a user: a mark set while the validator answers covers the session', async () => {
    const { sessions, clock, noetl, replica } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    noetl.hold();
    const early = sessions.lookup(token);
    await settle();
    clock.advance(10);
    await replica().endAllOf(sessionOf(0).user);
    noetl.release();
    expect(await early).toBeUndefined();
    expect(await replica().lookup(token)).toBeUndefined();
  });

  test('of one user leaves the others', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock(), { userId: '8' }));
    await sessions.endAllOf(sessionOf(0).user);
    expect(await sessions.lookup(token)).toBeDefined();
  });

  test('missed endings: what is cached is read again', async () => {
    const clock = handClock();
    const inner = createMemorySessionStore({ maxEntries: 10, clock });
    const listeners: Parameters<SessionStore['onEnded']>[0][] = [];
    const deaf: SessionStore = { ...inner, onEnded: (listener) => void listeners.push(listener) };
    const { sessions } = setup({ store: deaf, clock });
    await sessions.remember(token, sessionOf(clock()));
    await inner.end(sessionKey(token), new Date(clock() + hourMs));
    expect(await sessions.lookup(token)).toBeDefined();
    for (const notify of listeners) notify({ missed: true });
    expect(await sessions.lookup(token)).toBeUndefined();
  });
});
