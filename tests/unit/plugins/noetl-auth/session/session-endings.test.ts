import { describe, expect, test } from 'vitest';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../../../../plugins/ports.ts';
import { handClock, hourMs, sessionOf, settle, tokenOf } from '../../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../../support/session-stores.ts';
import { setup, token } from '../../../../support/sessions-setup.ts';

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
