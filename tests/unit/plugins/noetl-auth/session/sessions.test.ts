import { describe, expect, test } from 'vitest';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { hourMs, sessionOf, settle, tokenOf } from '../../../../support/session-fakes.ts';
import { codeOf, limits, setup, token, unavailable } from '../../../../support/sessions-setup.ts';

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
    clock.advance(limits.cacheTtlMs);
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
    clock.advance(limits.invalidTtlMs);
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
    clock.advance(limits.revalidateMs);
    expect(await sessions.lookup(token)).toBeDefined();
    noetl.release();
    await Promise.all(guesses);
    await settle();
    expect(noetl.asked.indexOf(token)).toBe(2);
  });

  test('they push no session out of the process cache', async () => {
    const { sessions, log, clock } = setup({ options: { ...limits, cacheSize: 5 } });
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
    clock.advance(2 * limits.revalidateMs);
    expect((await sessions.lookup(token))?.expiresAt.getTime()).toBe(end);
    noetl.knows(token, () => sessionOf(clock(), { expiresAt: new Date(end - 1) }));
    clock.advance(2 * limits.revalidateMs);
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
    expect(clock() - first).toBe(limits.maxMs);
    expect(await sessions.lookup(token)).toBeUndefined();
    clock.advance(20 * 24 * hourMs);
    expect(await sessions.lookup(token)).toBeUndefined();
  });

  test('a login is capped like any other session', async () => {
    const { sessions, clock } = setup();
    await sessions.remember(token, sessionOf(clock(), { expiresAt: new Date(clock() + 30 * 24 * hourMs) }));
    expect((await sessions.lookup(token))?.expiresAt.getTime()).toBe(clock() + limits.maxMs);
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
