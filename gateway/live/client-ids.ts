import { createHash, randomUUID } from 'node:crypto';
import type { Clock } from '../../plugins/clock.ts';
import { createEntryCache } from '../../plugins/entry-cache.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createTokenBuckets } from '../limits/token-buckets.ts';
import type { LiveStore } from './live-store.ts';

/** A client that results go to. `queue` is the name of its queue in the store; it is never sent to the client. */
export interface LiveClient {
  readonly clientId: string;
  readonly queue: string;
  /** Its user, as the store names users. */
  readonly owner: string;
}

/** Which client ids belong to whom. */
export interface ClientIds {
  /**
   * The client of that id when it is this user's, or no one's yet; else a new one. Another user's id is never taken over.
   * @param given text from outside. @throws ERR_STORE; ERR_RATE_LIMITED: too many ids of the user are new
   */
  take(given: string | undefined, userId: string): Promise<LiveClient>;
}

export interface ClientIdsOptions {
  readonly store: LiveStore;
  /** How long results are kept, milliseconds; the owner of an id is remembered for twice that. */
  readonly keepMs: number;
  /** Ids of one user that may be new at once; one a second afterwards. */
  readonly newPerUser: number;
  readonly clock: Clock;
}

/** Ids of existing clients are texts of their own making; any other text is not taken, and the client gets a new id. */
const plain = /^[A-Za-z0-9._-]{1,128}$/;
/** Clients that this process knows; one that it has forgotten is new again. */
const maxKnown = 50_000;

/** Owners of ids are in the store, so that an id means the same on every replica. */
export function createClientIds({ store, keepMs, newPerUser, clock }: ClientIdsOptions): ClientIds {
  const countNew = createNewClients(newPerUser, clock);

  /** @returns undefined: the id is another user's */
  async function claim(clientId: string, userId: string): Promise<LiveClient | undefined> {
    const queue = queueOf(userId, clientId);
    // Before anything is written: the limit protects the store.
    countNew(queue, userId);
    const name = `client.${hashOf(clientId)}`;
    const owner = hashOf(userId);
    const until = new Date(clock() + 2 * keepMs);
    // The first user who uses an id owns it; the record is then written again, so that it lives on while the client
    // comes back.
    if ((await store.claim(name, owner, until)) !== owner) return undefined;
    await store.set(name, owner, until);
    return { clientId, queue, owner };
  }

  return {
    async take(given, userId) {
      const isPlain = given !== undefined && plain.test(given);
      return (isPlain ? await claim(given, userId) : undefined) ?? (await claim(randomUUID(), userId)) ?? unclaimed();
    },
  };
}

const unclaimed = (): never => {
  throw new GatewayError('ERR_STORE', 'a new client id has an owner already');
};

/** The queue is the user's too: an id that was taken over by any means leads to an empty one. */
const queueOf = (userId: string, clientId: string): string => hashOf(`${userId}\n${clientId}`);

/** Records of a client are kept long after it has left, among those of everyone: a user makes only so many. */
function createNewClients(burst: number, clock: Clock): (queue: string, userId: string) => void {
  const known = createEntryCache<string, true>(maxKnown);
  const buckets = createTokenBuckets(clock);
  return (queue, userId) => {
    if (known.get(queue) === true) return;
    const { granted, waitMs } = buckets.take(userId, { perSecond: 1, burst }, 1);
    if (granted === 0) {
      throw new GatewayError(
        'ERR_RATE_LIMITED',
        'too many of your client ids are new: send the id of an earlier stream',
        {
          retryAfterSecs: Math.max(1, Math.ceil(waitMs / 1_000)),
        },
      );
    }
    known.set(queue, true);
  };
}

/** 160 bits in hex: ids and user ids have characters that a name in the store must not have. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 40);

/** The client that the id of an event belongs to. A browser that connects again by itself names nothing else. */
export const clientOfEvent = (eventId: string | undefined): string | undefined =>
  /^([^/]{1,128})\//.exec(eventId ?? '')?.[1];
