import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../noetl-auth/session/session.ts';
import { listedAtMost } from '../noetl-auth/session/session-list.ts';
import { parseSessionToken, type SessionKey, sessionKey } from '../noetl-auth/session/session-token.ts';
import type { Ending, SessionStore } from '../ports.ts';

/** How to open the store that is tested. */
export interface SessionStoreUnderTest {
  /** Called twice. A shared store returns a second client on the same data; a store of one process returns itself. */
  open(): Promise<SessionStore>;
  /** All keys and values as one text, for the check that no token is stored; leave it out for a store in memory. */
  readonly dump?: (() => Promise<string>) | undefined;
}

/** One promise of the port. `run` rejects with an `AssertionError` when the adapter breaks it. */
export interface ContractCase {
  readonly name: string;
  run(): Promise<void>;
}

/** The cases for one store. They share its two clients, and none depends on another. */
export interface SessionStoreContract {
  readonly cases: readonly ContractCase[];
  /** Closes both stores. Call it after the last case. */
  close(): Promise<void>;
}

/**
 * What every session store promises, as test cases. They use `node:assert` only, so that they run in Vitest, `node:test`
 * and others alike:
 *
 *     const { cases, close } = sessionStoreContract({ open: () => createMyStore() });
 *     for (const { name, run } of cases) test(name, run);
 *     after(close);
 */
export function sessionStoreContract(under: SessionStoreUnderTest): SessionStoreContract {
  const opened: { one?: Promise<SessionStore>; two?: Promise<SessionStore> } = {};
  const stores = async (): Promise<Stores> => {
    // Opened by the first case, so that a test runner that filters cases opens nothing in vain.
    opened.one ??= under.open();
    opened.two ??= under.open();
    return { one: await opened.one, two: await opened.two };
  };
  // Looked for in the dump: the store gets keys, and never a token.
  const secret = `noetl-session-${randomUUID()}`;
  const list = [
    ...sessionCases,
    ...endingCases,
    ...listCases,
    ...(under.dump === undefined ? [] : [secrecyCase(under.dump)]),
  ];
  return {
    cases: list.map(({ name, check }) => ({ name, run: async () => check(await stores(), secret) })),
    async close() {
      for (const store of [opened.one, opened.two]) await (await store)?.close();
    },
  };
}

/** Records: what is put is found, by every replica, until its time is over. */
const sessionCases: readonly Case[] = [
  {
    name: 'an unknown key and an unknown user are undefined',
    async check({ one }, secret) {
      assert.equal(await one.get(newKey(secret)), undefined);
      assert.equal(await one.notBefore(newUser()), undefined);
    },
  },
  {
    name: 'a session comes back whole, in every replica',
    async check({ one, two }, secret) {
      const key = newKey(secret);
      // Quotes and the text of a tombstone: a store must not find the state by searching.
      const displayName = 'Ä "x" {"state":"ended"}';
      const user = { userId: '320816801799737344', email: undefined, displayName, roles: ['a', 'b'] };
      const identity = { issuer: 'https://id.example.com/', subject: 'ada', sid: 's', refreshMs: 60_000, sealed: 'x' };
      const session = { ...newSession(), user, issuerExpiresAt: inHours(24), selfIssued: true, identity };
      const checkedAt = new Date(Date.now() - 5);
      assert.equal(await one.put(key, session, checkedAt, inHours(9)), true);
      for (const store of [one, two]) {
        assert.deepEqual(present(await store.get(key)), present({ state: 'live', session, checkedAt }));
      }
    },
  },
  {
    name: 'the latest put counts',
    async check({ one, two }, secret) {
      const key = newKey(secret);
      await put(one, key);
      const later = newSession(['viewer']);
      assert.equal(await two.put(key, later, new Date(), inHours(9)), true);
      const stored = await one.get(key);
      assert.deepEqual(stored?.state === 'live' ? stored.session.user.roles : undefined, ['viewer']);
    },
  },
  {
    name: 'a record is removed at its end, and not earlier',
    async check({ one }, secret) {
      const [live, ended, userId] = [newKey(secret), newKey(secret), newUser()];
      const until = new Date(Date.now() + 1_500);
      await one.put(live, newSession(), new Date(), until);
      await one.end(ended, until);
      await one.endAllOf(userId, new Date(), until);
      const found = [await one.get(live), await one.get(ended), await one.notBefore(userId)];
      // On a machine that took longer than the records live, nothing can be said of them.
      if (Date.now() < until.getTime()) assert.ok(found.every((record) => record !== undefined));
      await eventually(async () => (await one.get(live)) === undefined && (await one.notBefore(userId)) === undefined);
      assert.ok(Date.now() >= until.getTime());
    },
  },
  { name: 'answers a ping', check: ({ one }) => one.ping() },
];

/**
 * Endings: what has ended stays ended, whatever is written afterwards or at the same time, and every replica is
 * notified.
 */
const endingCases: readonly Case[] = [
  {
    name: 'an ended session stays ended: no put brings it back',
    async check({ one, two }, secret) {
      const key = newKey(secret);
      await put(one, key);
      await one.end(key, inHours(9));
      for (const store of [one, two]) {
        assert.deepEqual(await store.get(key), { state: 'ended' });
        assert.equal(await put(store, key), false);
        assert.deepEqual(await store.get(key), { state: 'ended' });
      }
    },
  },
  {
    name: 'a session can be ended before it is put',
    async check({ one, two }, secret) {
      const key = newKey(secret);
      await one.end(key, inHours(9));
      assert.equal(await put(two, key), false);
    },
  },
  {
    name: 'puts that race with an ending do not bring the session back',
    async check({ one, two }, secret) {
      const key = newKey(secret);
      // Some puts come before the ending and some after it; any order must end with a tombstone.
      const puts = Array.from({ length: 20 }, (_, n) => put(n % 2 === 0 ? one : two, key).catch(() => false));
      await Promise.all([...puts.slice(0, 10), one.end(key, inHours(9)), ...puts.slice(10)]);
      for (const store of [one, two]) assert.deepEqual(await store.get(key), { state: 'ended' });
    },
  },
  {
    name: 'a user has the latest mark of all that were set, and no other user has it',
    async check({ one, two }) {
      const userId = newUser();
      // Not in the order of time: the latest counts, and not the one that was set last.
      const marks = [1_700_000_000_000, 1_700_000_000_777, 1_700_000_000_500].map((time) => new Date(time));
      for (const mark of marks) await one.endAllOf(userId, mark, inHours(1));
      assert.deepEqual(await two.notBefore(userId), marks[1]);
      assert.equal(await two.notBefore(newUser()), undefined);
    },
  },
  {
    name: 'a name is claimed once until its time is over, where the store can do that',
    async check({ one, two }) {
      if (one.claim === undefined) return;
      const [name, until] = [newUser(), new Date(Date.now() + 1_500)];
      // Two clients at once, twice each.
      const won = await Promise.all([one, two, one, two].map((store) => store.claim?.(name, until)));
      if (Date.now() < until.getTime()) assert.equal(won.filter((taken) => taken === true).length, 1);
      assert.equal(await two.claim?.(newUser(), inHours(1)), true);
      await eventually(async () => (await one.claim?.(name, inHours(1))) === true);
      assert.ok(Date.now() >= until.getTime());
      assert.equal(await two.claim?.(name, inHours(1)), false);
    },
  },
  {
    name: 'every replica receives endings',
    async check({ one, two }, secret) {
      const received: Ending[] = [];
      two.onEnded((ending) => void received.push(ending));
      const [key, userId, notBefore] = [newKey(secret), newUser(), new Date()];
      await one.end(key, inHours(1));
      await one.endAllOf(userId, notBefore, inHours(1));
      const has = (wanted: Ending) => received.some((ending) => isSame(ending, wanted));
      await eventually(() => has({ key }) && has({ userId, notBefore }));
    },
  },
];

/** A dump of the whole store has no token: reading the store must not be enough to be a user. */
const secrecyCase = (dump: () => Promise<string>): Case => ({
  name: 'no token is stored',
  async check({ one }, secret) {
    await put(one, newKey(secret));
    const kept = await dump();
    assert.ok(kept.length > 0, 'dump() returned nothing, although a session is stored');
    assert.ok(!kept.includes(secret), 'the store holds a session token in clear');
  },
});

/** A record that outlives its session by an hour, as the port allows. */
const put = (store: SessionStore, key: SessionKey, session = newSession()): Promise<boolean> =>
  store.put(key, session, new Date(), inHours(9));

const newSession = (roles: readonly string[] = ['developer']): Session => ({
  user: { userId: '7', email: 'ada@example.com', displayName: 'Ada', roles },
  issuedAt: new Date(),
  expiresAt: inHours(8),
});

/** The value without members that are undefined: a store need not keep those. */
function present(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || Array.isArray(value)) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, present(member)]));
}

/** Endings by their members: dates are compared by their time. */
function isSame(left: Ending, right: Ending): boolean {
  try {
    assert.deepEqual(left, right);
    return true;
  } catch {
    return false;
  }
}

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

/** The keys of a list: records are compared by the contract itself. */
const keysOf = async (store: SessionStore, userId: string): Promise<readonly SessionKey[]> =>
  ((await store.sessionsOf?.(userId)) ?? []).map(({ key }) => key);

/**
 * What a store with `sessionsOf` promises: live sessions of one user, newest first, a bounded number, on every replica.
 */
const listCases: readonly Case[] = [
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

const hourMs = 3_600_000;

/** Two clients on the same data. */
interface Stores {
  readonly one: SessionStore;
  readonly two: SessionStore;
}

/**
 * A promise as a check.
 * @param secret begins every token of the run, so that a dump of the store can be searched for it
 */
interface Case {
  readonly name: string;
  check(stores: Stores, secret: string): Promise<void>;
}

/** A key that no other case has. All cases share one store. */
function newKey(secret: string): SessionKey {
  const token = parseSessionToken(`${secret}-${randomUUID()}`);
  assert.ok(token !== undefined);
  return sessionKey(token);
}

/** A user's id that no other case has; with a blank, since ids can be any text. */
const newUser = (): string => `user ${randomUUID()}`;

/** A moment in the future, far enough that no case waits for it. */
const inHours = (hours: number): Date => new Date(Date.now() + hours * hourMs);

/** @throws AssertionError after ten seconds; an adapter should need less than one. */
async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    if (await holds()) return;
    await delay(20);
  }
  assert.fail('it did not happen within ten seconds');
}
