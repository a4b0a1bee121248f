import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../../../plugins/errors.ts';
import { listedId } from '../../../../../plugins/noetl-auth/session/session-list.ts';
import { sessionKey } from '../../../../../plugins/noetl-auth/session/session-token.ts';
import { createSessions } from '../../../../../plugins/noetl-auth/session/sessions.ts';
import type { SessionStore } from '../../../../../plugins/ports.ts';
import { fakeValidator, handClock, hourMs, recorder, sessionOf, tokenOf } from '../../../../support/session-fakes.ts';
import { createMemorySessionStore } from '../../../../support/session-stores.ts';

const [first, second, foreign] = [tokenOf('first'), tokenOf('second'), tokenOf('foreign')];
const idOf = (token: typeof first) => listedId(sessionKey(token));
const issuer = 'https://id.example.com/';

function setup(change: (store: SessionStore) => SessionStore = (store) => store) {
  const clock = handClock();
  const store = change(createMemorySessionStore({ maxEntries: 100, clock }));
  const times = { cacheTtlMs: 5_000, cacheSize: 100, revalidateMs: 300_000, invalidTtlMs: 10_000 };
  const { validator } = fakeValidator();
  const replica = () =>
    createSessions({
      ...{ store, validator, clock, observe: recorder().observe },
      options: { ...times, maxMs: 24 * hourMs },
      limits: { validationsAtOnce: 4, validationsWaiting: 4 },
    });
  return { clock, replica, sessions: replica(), other: replica() };
}

async function withSessions() {
  const all = setup();
  const { clock, sessions } = all;
  const identity = { issuer, subject: 'ada', sid: 's-1' };
  await sessions.remember(first, sessionOf(clock(), { selfIssued: true }));
  clock.advance(1_000);
  await sessions.remember(second, sessionOf(clock(), { selfIssued: true, identity }));
  await sessions.remember(foreign, sessionOf(clock(), { selfIssued: true, userId: '8' }));
  clock.advance(1_000);
  const listed = async (userId = '7') => (await sessions.sessionsOf(userId))?.map(({ id }) => id);
  return { ...all, listed };
}

describe('the sessions of a user', () => {
  test('are listed newest first, under ids that are neither key nor token', async () => {
    const { listed } = await withSessions();
    expect(await listed()).toEqual([idOf(second), idOf(first)]);
    expect(await listed('8')).toEqual([idOf(foreign)]);
    expect(idOf(first)).toMatch(/^[0-9a-f]{12}$/);
    expect(sessionKey(first)).not.toContain(idOf(first));
  });

  test('one ends, on every replica, and the others go on', async () => {
    const { sessions, other, listed } = await withSessions();
    expect(await other.lookup(first)).toBeDefined();
    expect(await sessions.endOne({ ofUser: '7', session: idOf(first) })).toBe(true);
    for (const replica of [sessions, other]) {
      expect(await replica.lookup(first)).toBeUndefined();
      expect(await replica.lookup(second)).toBeDefined();
    }
    expect(await listed()).toEqual([idOf(second)]);
    expect(await sessions.endOne({ ofUser: '7', session: idOf(first) })).toBe(false);
  });

  test('one of another user does not end', async () => {
    const { sessions } = await withSessions();
    expect(await sessions.endOne({ ofUser: '7', session: idOf(foreign) })).toBe(false);
    expect(await sessions.lookup(foreign)).toBeDefined();
  });

  test.each([
    ['their user', { userId: '7' }, []],
    ['the session at the provider', { issuer, sid: 's-1' }, [idOf(first)]],
    ['their issuer', { issuer }, [idOf(first)]],
  ])('are not listed when they ended together with %s', async (_name, target, left) => {
    const { other, listed, replica } = await withSessions();
    await other.endSessionsOf(target);
    expect(await listed()).toEqual(left);
    // A process that was not there when they ended.
    expect((await replica().sessionsOf('7'))?.map(({ id }) => id)).toEqual(left);
  });

  test('are not listed when they have expired', async () => {
    const { clock, listed } = await withSessions();
    clock.advance(8 * hourMs - 1_500);
    expect(await listed()).toEqual([idOf(second)]);
  });

  test('are left out when the store names those of another user', async () => {
    const { clock, sessions } = setup((store) => ({
      ...store,
      sessionsOf: async () => [{ key: sessionKey(foreign), session: sessionOf(clock(), { userId: '8' }) }],
    }));
    expect(await sessions.sessionsOf('7')).toEqual([]);
    expect(await sessions.endOne({ ofUser: '7', session: idOf(foreign) })).toBe(false);
  });

  test('are not listed once they have ended here, although the store could not record it', async () => {
    const down = async () => {
      throw new GatewayError('ERR_STORE', 'down');
    };
    const { sessions, clock } = setup((store) => ({ ...store, end: down }));
    await sessions.remember(first, sessionOf(clock(), { selfIssued: true }));
    await expect(sessions.endOne({ ofUser: '7', session: idOf(first) })).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(await sessions.sessionsOf('7')).toEqual([]);
    expect(await sessions.lookup(first)).toBeUndefined();
  });

  test('are unknown with a store that cannot list them', async () => {
    const { sessions } = setup(({ sessionsOf: _, ...store }) => store);
    expect(await sessions.sessionsOf('7')).toBeUndefined();
    await expect(sessions.endOne({ ofUser: '7', session: 'x' })).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
  });
});
