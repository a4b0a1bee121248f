import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../../plugins/errors.ts';
import { endingsKeptMs } from '../../../../../plugins/noetl-auth/session/session.ts';
import { createSessions } from '../../../../../plugins/noetl-auth/session/sessions.ts';
import type { SessionStore } from '../../../../../plugins/ports.ts';
import { fakeValidator, handClock, hourMs, recorder, sessionOf, tokenOf } from '../../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../../support/session-stores.ts';

const token = tokenOf('noetl-session-a1b2c3');
const options = { cacheTtlMs: 5_000, cacheSize: 100, revalidateMs: 2_000, invalidTtlMs: 10_000, maxMs: 24 * hourMs };
const limits = { validationsAtOnce: 4, validationsWaiting: 4 };

function setup(change: (store: SessionStore) => SessionStore = (store) => store) {
  const clock = handClock();
  const store = change(createMemorySessionStore({ maxEntries: 100, clock }));
  const noetl = fakeValidator();
  const log = recorder();
  const sessions = createSessions({
    ...{ store, validator: noetl.validator, clock, options, limits, observe: log.observe },
  });
  const checks = () => log.events.filter(({ type }) => type === 'session_check');
  return { clock, store, noetl, log, sessions, checks };
}

/** The same store, with other methods. */
const over = (store: SessionStore, methods: Partial<SessionStore>): SessionStore =>
  new Proxy(store, { get: (target, name: keyof SessionStore) => (name in methods ? methods[name] : target[name]) });
const down = async () => Promise.reject(new GatewayError('ERR_STORE', 'down'));

describe('each lookup reports one check', () => {
  test('of a session: where it was found', async () => {
    const { sessions, noetl, clock, checks } = setup();
    noetl.knows(token, () => sessionOf(clock()));
    await sessions.lookup(token);
    await sessions.lookup(token);
    expect(checks()).toMatchObject([{ outcome: 'ok' }, { outcome: 'ok', layer: 'process' }]);
  });

  test('of a token that is no session, also when that is remembered', async () => {
    const { sessions, checks, noetl } = setup();
    await sessions.lookup(token);
    await sessions.lookup(token);
    const invalid = { type: 'session_check', outcome: 'invalid_or_expired' };
    expect(checks()).toEqual([invalid, invalid]);
    expect(noetl.asked).toHaveLength(1);
  });

  test('that could not be made', async () => {
    const { sessions, checks, noetl } = setup();
    noetl.knows(token, () => {
      throw new GatewayError('ERR_AUTH_UNAVAILABLE', 'no answer');
    });
    await expect(sessions.lookup(token)).rejects.toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
    expect(checks()).toEqual([{ type: 'session_check', outcome: 'validation_error' }]);
  });

  test('of a session that is due while the store is out: from what the process read a moment ago', async () => {
    const state = { isDown: false };
    const { sessions, noetl, clock, checks } = setup((store) =>
      over(store, { get: (key) => (state.isDown ? down() : store.get(key)) }),
    );
    noetl.knows(token, () => sessionOf(clock()));
    const found = await sessions.lookup(token);
    state.isDown = true;
    clock.advance(options.revalidateMs);
    expect(await sessions.lookup(token)).toEqual(found);
    expect(checks().at(-1)).toEqual({ type: 'session_check', outcome: 'ok', layer: 'process' });
    clock.advance(options.cacheTtlMs);
    await expect(sessions.lookup(token)).rejects.toMatchObject({ code: 'ERR_STORE' });
  });
});

test('a token stays invalid for its time from when it was first refused, however often it comes', async () => {
  const { sessions, noetl, clock } = setup();
  await sessions.lookup(token);
  noetl.knows(token, () => sessionOf(clock()));
  for (let second = 1; second < 10; second += 1) {
    clock.advance(1_000);
    expect(await sessions.lookup(token)).toBeUndefined();
  }
  clock.advance(1_000);
  expect(await sessions.lookup(token)).toBeDefined();
});

describe('a login', () => {
  test('that the store cannot keep fails, and is counted', async () => {
    const { sessions, clock, log } = setup((store) => over(store, { put: down }));
    await expect(sessions.remember(token, sessionOf(clock()))).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(log.events).toContainEqual({ type: 'session_cache_failed', stage: 'after_login' });
  });

  test('with a session that was ended fails with the reason in its cause, and when to come back', async () => {
    const { sessions, clock } = setup();
    const session = sessionOf(clock());
    await sessions.end(token, session);
    const error = await sessions.remember(token, session).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE', retryAfterSecs: 5 });
    expect(String(error)).toMatch(/Sign-in is not available/);
    expect(String((error as Error).cause)).toMatch(/has been ended/);
  });

  test('in the very millisecond of one of its marks came after it', async () => {
    const { sessions, clock } = setup();
    const identity = { issuer: 'https://id.example.com/', subject: 'ada', client: 'web' };
    await sessions.endSessionsOf({ issuer: identity.issuer, client: identity.client });
    await sessions.remember(token, sessionOf(clock(), { selfIssued: true, identity }));
    expect(await sessions.lookup(token)).toBeDefined();
  });
});

test('a mark is kept as long as a session may live, and endings are kept', async () => {
  const untils: Date[] = [];
  const { sessions, clock } = setup((store) =>
    over(store, { endAllOf: async (_name, _notBefore, until) => void untils.push(until) }),
  );
  await sessions.endAllOf({ userId: '7' } as Parameters<typeof sessions.endAllOf>[0]);
  expect(untils).toEqual([new Date(clock() + options.maxMs + endingsKeptMs)]);
});

describe('a name that may be taken once', () => {
  test('is taken in the store', async () => {
    const asked: unknown[] = [];
    const claim = async (...given: unknown[]) => asked.push(given) === 1;
    const { sessions } = setup((store) => over(store, { claim }));
    const until = new Date(0);
    expect([await sessions.claim('jti', until), await sessions.claim('jti', until)]).toEqual([true, false]);
    expect(asked[0]).toEqual(['jti', until]);
  });

  test('is an error where the store has no such thing', async () => {
    const { sessions } = setup(({ claim: _, ...store }) => store);
    const error = await sessions.claim('jti', new Date(0)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(/no claim\(\)/) });
  });
});
