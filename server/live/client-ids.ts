import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import type { LiveStore } from './live-store.ts';

/** A client that results go to. */
export interface LiveClient {
  readonly clientId: string;
  readonly queue: string;
}

/** Which client ids belong to whom. */
export interface ClientIds {
  /**
   * The client of that id when it is this user's, or no one's yet; else a new one. Another user's id is never taken over.
   * @param given text from outside. @throws ERR_STORE
   */
  take(given: string | undefined, userId: string): Promise<LiveClient>;
}

const plain = /^[A-Za-z0-9._-]{1,128}$/;

export function createClientIds(store: LiveStore, keepMs: number, clock: Clock): ClientIds {
  async function isTaken(clientId: string, userId: string): Promise<boolean> {
    const name = `client.${hashOf(clientId)}`;
    const owner = hashOf(userId);
    const until = new Date(clock() + 2 * keepMs);
    if ((await store.claim(name, owner, until)) !== owner) return true;
    await store.set(name, owner, until);
    return false;
  }

  return {
    async take(given, userId) {
      const isOurs = given !== undefined && plain.test(given) && !(await isTaken(given, userId));
      const clientId = isOurs ? given : randomUUID();
      if (!isOurs) await isTaken(clientId, userId);
      // The queue is the user's too: an id that was taken over by any means leads to an empty one.
      return { clientId, queue: hashOf(`${userId}\n${clientId}`) };
    },
  };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);

/** The client that the id of an event belongs to. A browser that connects again by itself names nothing else. */
export const clientOf = (eventId: string | undefined): string | undefined =>
  /^([^/]{1,128})\//.exec(eventId ?? '')?.[1];
