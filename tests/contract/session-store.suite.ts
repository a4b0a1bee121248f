import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ending, SessionStore } from '../../core/ports.ts';
import { type SessionKey, sessionKey } from '../../core/session/session-token.ts';
import { eventually } from '../support/child-server.ts';
import { hourMs, sessionOf, tokenOf } from '../support/session-fakes.ts';

/** How to have the stores of two replicas, and everything that was written. */
export interface StoreUnderTest {
  /** Another process's store on the same data; the same store where nothing is shared. */
  open(): Promise<SessionStore>;
  /** All keys and values, as text; undefined where they do not leave the process. */
  dump: (() => Promise<string>) | undefined;
}

const inHours = (hours: number) => new Date(Date.now() + hours * hourMs);

/** What every session store promises. */
export function describeSessionStore(name: string, under: () => StoreUnderTest): void {
  describe(`session store: ${name}`, () => {
    let one: SessionStore;
    let two: SessionStore;
    const secret = `noetl-session-${randomUUID()}`;
    const newKey = (): SessionKey => sessionKey(tokenOf(`${secret}-${randomUUID()}`));
    const newUser = () => `user ${randomUUID()}`;

    beforeAll(async () => {
      one = await under().open();
      two = await under().open();
    });
    afterAll(async () => {
      await one.close();
      await two.close();
    });

    test('a miss is undefined', async () => {
      expect(await one.get(newKey())).toBeUndefined();
      expect(await one.notBefore(newUser())).toBeUndefined();
    });

    test('what is put comes back whole, in every replica', async () => {
      const key = newKey();
      const session = sessionOf(Date.now(), {
        user: {
          userId: '320816801799737344',
          email: undefined,
          displayName: 'Ä "x" {"state":"ended"}',
          roles: ['a', 'b'],
        },
        issuerExpiresAt: inHours(24),
        selfIssued: true,
      });
      const checkedAt = new Date(Date.now() - 5);
      expect(await one.put(key, session, checkedAt, inHours(9))).toBe(true);
      for (const store of [one, two]) expect(await store.get(key)).toEqual({ state: 'live', session, checkedAt });
    });

    test('the latest put counts', async () => {
      const key = newKey();
      await one.put(key, sessionOf(Date.now()), new Date(), inHours(9));
      const later = sessionOf(Date.now(), { user: { ...sessionOf(0).user, roles: ['viewer'] } });
      expect(await two.put(key, later, new Date(), inHours(9))).toBe(true);
      expect(await one.get(key)).toMatchObject({ session: { user: { roles: ['viewer'] } } });
    });

    test('an ended session stays ended, whoever puts it', async () => {
      const key = newKey();
      await one.put(key, sessionOf(Date.now()), new Date(), inHours(9));
      await one.end(key, inHours(9));
      for (const store of [one, two]) {
        expect(await store.get(key)).toEqual({ state: 'ended' });
        expect(await store.put(key, sessionOf(Date.now()), new Date(), inHours(9))).toBe(false);
        expect(await store.get(key)).toEqual({ state: 'ended' });
      }
    });

    test('a session can be ended before it is put', async () => {
      const key = newKey();
      await one.end(key, inHours(9));
      expect(await two.put(key, sessionOf(Date.now()), new Date(), inHours(9))).toBe(false);
    });

    test('puts that race with an ending do not bring the session back', async () => {
      const key = newKey();
      const puts = Array.from({ length: 20 }, (_, n) =>
        (n % 2 === 0 ? one : two).put(key, sessionOf(Date.now()), new Date(), inHours(9)).catch(() => false),
      );
      await Promise.all([...puts.slice(0, 10), one.end(key, inHours(9)), ...puts.slice(10)]);
      expect(await one.get(key)).toEqual({ state: 'ended' });
      expect(await two.get(key)).toEqual({ state: 'ended' });
    });

    test('a user has the latest mark, and only that user', async () => {
      const userId = newUser();
      const marks = [new Date(1_700_000_000_000), new Date(1_700_000_000_777), new Date(1_700_000_000_500)];
      for (const mark of marks) await one.endAllOf(userId, mark, inHours(1));
      expect(await two.notBefore(userId)).toEqual(marks[1]);
      expect(await two.notBefore(newUser())).toBeUndefined();
    });

    test('what is no longer needed goes, and not before', async () => {
      const [live, ended, userId] = [newKey(), newKey(), newUser()];
      const until = new Date(Date.now() + 1_200);
      await one.put(live, sessionOf(Date.now()), new Date(), until);
      await one.end(ended, until);
      await one.endAllOf(userId, new Date(), until);
      expect(await one.get(live)).toBeDefined();
      expect(await one.get(ended)).toEqual({ state: 'ended' });
      expect(await one.notBefore(userId)).toBeDefined();
      await eventually(async () => (await one.get(live)) === undefined && (await one.notBefore(userId)) === undefined);
      expect(Date.now()).toBeGreaterThanOrEqual(until.getTime());
    });

    test('every replica hears of endings within a second', async () => {
      const heard: Ending[] = [];
      two.onEnded((ending) => void heard.push(ending));
      const [key, userId, notBefore] = [newKey(), newUser(), new Date()];
      await one.end(key, inHours(1));
      await one.endAllOf(userId, notBefore, inHours(1));
      await eventually(() => heard.length >= 2, 1_000);
      expect(heard).toContainEqual({ key });
      expect(heard).toContainEqual({ userId, notBefore });
    });

    test('answers a ping', async () => {
      await one.ping();
    });

    test('no token is kept anywhere', async ({ skip }) => {
      const { dump } = under();
      if (dump === undefined) return skip('nothing leaves the process');
      const kept = await dump();
      expect(kept).toContain('"state":"live"');
      expect(kept).not.toContain(secret);
    });
  });
}
