import assert from 'node:assert/strict';
import type { Session } from '../noetl-auth/session/session.ts';
import { listedAtMost } from '../noetl-auth/session/session-list.ts';
import type { SessionKey } from '../noetl-auth/session/session-token.ts';
import type { SessionStore } from '../ports.ts';
import { type Case, eventually, inHours, newKey, newUser, type Stores } from './session-store-case.ts';

/** Of stores that list the sessions of a user; the others pass. */
const listCase = (name: string, check: Case['check']): Case => ({
  name: `${name}, where the store lists sessions`,
  check: async (stores, secret) => (stores.one.sessionsOf === undefined ? undefined : check(stores, secret)),
});

const sessionOf = (userId: string, startedMs = Date.now()): Session => ({
  user: { userId, email: undefined, displayName: 'Ada', roles: ['developer'] },
  issuedAt: new Date(startedMs),
  expiresAt: inHours(8),
});

/** A record that outlives its session by an hour, as the port allows. */
const put = (store: SessionStore, key: SessionKey, session: Session): Promise<boolean> =>
  store.put(key, session, new Date(), inHours(9));

/** The keys of a list: records are compared by the contract itself. */
const keysOf = async (store: SessionStore, userId: string): Promise<readonly SessionKey[]> =>
  ((await store.sessionsOf?.(userId)) ?? []).map(({ key }) => key);

/**
 * What a store with `sessionsOf` promises: live sessions of one user, newest first, a bounded number, on every replica.
 */
export const listCases: readonly Case[] = [
  listCase('a user without a session has an empty list', async ({ one }) => {
    assert.deepEqual(await keysOf(one, newUser()), []);
  }),
  listCase('every replica lists the sessions of a user, newest first, and of no other user', async (stores, secret) => {
    const [userId, other] = [newUser(), newUser()];
    const [first, second, foreign] = [newKey(secret), newKey(secret), newKey(secret)];
    await put(stores.two, second, sessionOf(userId));
    await put(stores.one, first, sessionOf(userId, Date.now() - 60_000));
    await put(stores.one, first, sessionOf(userId, Date.now() - 60_000));
    await put(stores.one, foreign, sessionOf(other));
    for (const store of [stores.one, stores.two]) {
      assert.deepEqual(await keysOf(store, userId), [second, first]);
      assert.deepEqual(await keysOf(store, other), [foreign]);
    }
    const [listed] = (await stores.two.sessionsOf?.(userId)) ?? [];
    assert.deepEqual([listed?.session.user.userId, listed?.session.user.roles], [userId, ['developer']]);
  }),
  listCase('what is put at the same time is listed', async (stores, secret) => {
    const userId = newUser();
    // An index that is read and written back would lose some of them.
    const keys = Array.from({ length: 20 }, () => newKey(secret));
    await Promise.all(keys.map((key, n) => put(n % 2 === 0 ? stores.one : stores.two, key, sessionOf(userId))));
    assert.deepEqual([...(await keysOf(stores.one, userId))].sort(), [...keys].sort());
  }),
  listCase('what has ended or expired is not listed', checkEnded),
  listCase(`the newest ${listedAtMost} are listed`, async ({ one, two }, secret) => {
    const userId = newUser();
    const start = Date.now() - 1_000_000;
    const keys = Array.from({ length: listedAtMost + 5 }, () => newKey(secret));
    await Promise.all(keys.map((key, n) => put(one, key, sessionOf(userId, start + n))));
    assert.deepEqual(await keysOf(two, userId), keys.slice(5).reverse());
  }),
];

/**
 * Sessions that were ended with and without the user's id, and one that expires: a store may know the user only by the
 * id.
 */
async function checkEnded({ one, two }: Stores, secret: string): Promise<void> {
  const userId = newUser();
  const [alive, named, unnamed, short] = [newKey(secret), newKey(secret), newKey(secret), newKey(secret)];
  for (const key of [alive, named, unnamed]) await put(one, key, sessionOf(userId));
  const until = new Date(Date.now() + 1_500);
  await one.put(short, { ...sessionOf(userId), expiresAt: until }, new Date(), until);
  await two.end(named, inHours(9), userId);
  await two.end(unnamed, inHours(9));
  assert.equal(await put(one, named, sessionOf(userId)), false);
  await eventually(async () => (await keysOf(one, userId)).length === 1);
  for (const store of [one, two]) assert.deepEqual(await keysOf(store, userId), [alive]);
}
