import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeLive } from '../../gateway/stores/session-record.ts';
import { type SessionKey, sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { hourMs, sessionOf, tokenOf } from './session-fakes.ts';

export interface SessionIndexOptions {
  readonly open: () => SessionStore;
  /** Writes an entry into a user's index, as another program could. */
  readonly plant: (userId: string, key: string, text: string) => Promise<void>;
  /** Writes a record of a session, without a seal. */
  readonly write: (key: SessionKey, text: string) => Promise<void>;
  /** What is in the index of a user. */
  readonly entries: (userId: string) => Promise<readonly string[]>;
}

const inHours = (hours: number) => new Date(Date.now() + hours * hourMs);
const newKey = () => sessionKey(tokenOf(randomUUID()));
const entry = () => `${Date.now()} ${inHours(8).getTime()}`;

/** What the index of a user's sessions in a shared store proves: nothing. */
export function describeSessionIndex(name: string, { open, plant, write, entries }: SessionIndexOptions): void {
  describe(`index of sessions: ${name}`, () => {
    let store: SessionStore;
    beforeAll(() => {
      store = open();
    });
    afterAll(() => store.close());

    const put = async (userId: string): Promise<SessionKey> => {
      const key = newKey();
      await store.put(key, sessionOf(Date.now(), { userId }), new Date(), inHours(9));
      return key;
    };
    const keysOf = async (userId: string) => (await store.sessionsOf?.(userId))?.map(({ key }) => key);

    test('a forged entry shows no session of another user', async () => {
      const [owner, other] = [randomUUID(), randomUUID()];
      const key = await put(owner);
      await plant(other, key, entry());
      expect(await keysOf(other)).toEqual([]);
      expect(await keysOf(owner)).toEqual([key]);
    });

    test('a forged entry with a forged record shows nothing, and neither does one that is no entry', async () => {
      const userId = randomUUID();
      const [key, forged] = [await put(userId), newKey()];
      await write(forged, encodeLive(sessionOf(Date.now(), { userId }), new Date(), inHours(9)));
      await plant(userId, forged, entry());
      await plant(userId, newKey(), entry());
      await plant(userId, newKey(), 'x');
      await plant(userId, 'not-a-key', entry());
      expect(await keysOf(userId)).toEqual([key]);
    });

    test('an entry leaves with its session', async () => {
      const userId = randomUUID();
      const [ended, alive] = [await put(userId), await put(userId)];
      expect(await entries(userId)).toHaveLength(2);
      await store.end(ended, inHours(9), userId);
      expect(await entries(userId)).toEqual([expect.stringContaining(alive)]);
    });
  });
}
