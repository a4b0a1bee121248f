import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Session } from '../noetl-auth/session/session.ts';
import type { SessionKey } from '../noetl-auth/session/session-token.ts';
import type { Ending, SessionStore } from '../ports.ts';
import { listCases } from './session-list-cases.ts';
import { type Case, eventually, inHours, newKey, newUser, type Stores } from './session-store-case.ts';

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
const put = (store: SessionStore, key: SessionKey): Promise<boolean> =>
  store.put(key, newSession(), new Date(), inHours(9));

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
