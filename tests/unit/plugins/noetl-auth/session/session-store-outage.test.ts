import { describe, expect, test } from 'vitest';
import { handClock, sessionOf, settle } from '../../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../../support/session-stores.ts';
import { breakable, codeOf, limits, setup, token } from '../../../../support/sessions-setup.ts';

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
    clock.advance(limits.cacheTtlMs);
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
    clock.advance(limits.cacheTtlMs);
    expect(await other.lookup(token)).toBeUndefined();
  });
});
