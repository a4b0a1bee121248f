import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createEntryCache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { isJsonObject, type JsonObject, textMember } from '../../plugins/noetl/json-object.ts';
import { createTokenBuckets } from '../limits/token-buckets.ts';
import type { SharedStore } from '../stores/shared-store.ts';
import {
  createResultQueue,
  type Delivery,
  type Progress,
  type ResultQueue,
  type ResultQueueOptions,
} from './result-queue.ts';

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
  readonly store: SharedStore;
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
    // The first user who uses an id owns it; its record is then written again, so that it lives on while the client comes back.
    const isOwn = (held: string | undefined) => held === undefined || held === owner;
    const isKept = await store.change(name, until, (held) => (isOwn(held) ? owner : undefined));
    return isKept ? { clientId, queue, owner } : undefined;
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
    const { isTaken, waitMs } = buckets.take(userId, { perSecond: 1, burst });
    if (!isTaken) {
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

/** A start whose result goes to a client. Kept under the hash of the secret that its playbook calls back with. */
export interface LiveRequest {
  readonly key: string;
  readonly requestId: string;
  /** The queue of its client. */
  readonly queue: string;
  /** Whose it is: results that wait for one user have a bound together. */
  readonly owner: string;
  readonly path: string;
  /** When it was registered, milliseconds. */
  readonly registeredAt: number;
  /** Undefined until NoETL has named it. */
  readonly executionId: string | undefined;
  /** When the client had the answer to its start, milliseconds: no result goes out before. */
  readonly answeredAt: number | undefined;
}

/** Requests and their results, shared by replicas. Every method throws ERR_STORE for "could not find out". */
export interface LiveRequests {
  /**
   * Registers a start.
   * @param path of the playbook, for the decision at delivery. `secret` goes to the playbook and nowhere else.
   */
  register(
    client: Pick<LiveClient, 'queue' | 'owner'>,
    path: string,
  ): Promise<{ readonly secret: string; readonly request: LiveRequest }>;
  find(key: string): Promise<LiveRequest | undefined>;
  /** Keeps what is known of it now. */
  keep(request: LiveRequest): Promise<void>;
  /** Puts the result into the client's queue. @returns false: there was one before */
  finish(request: LiveRequest, delivery: Omit<Delivery, 'requestId' | 'at'>): Promise<boolean>;
  /** Puts a report into the client's queue; more of them than a user may make are left out. */
  progress(request: LiveRequest, progress: Omit<Progress, 'requestId'>): Promise<void>;
  readonly read: ResultQueue['read'];
  /** NoETL did not start it. */
  forget(request: LiveRequest): Promise<void>;
  /** Whether it has no result yet. */
  isPending(request: LiveRequest): Promise<boolean>;
  /** The requests of a client without a result. */
  pending(queue: string): Promise<readonly LiveRequest[]>;
}

/** The secret itself is kept nowhere: who reads the store cannot call back (ADR 0009). */
export const keyOfSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Keeps requests for `keepMs`; their results wait in the client's {@link ResultQueue}. */
export function createLiveRequests(store: SharedStore, options: ResultQueueOptions, clock: Clock): LiveRequests {
  const results = createResultQueue(store, options, clock);
  const until = () => new Date(clock() + options.keepMs);
  const write = (request: LiveRequest) => store.set(`request.${request.key}`, JSON.stringify(request), until());
  const find = async (key: string): Promise<LiveRequest | undefined> => {
    const text = await store.get(`request.${key}`);
    return text === undefined ? undefined : requestOf(text);
  };

  return {
    async register({ queue, owner }, path) {
      const secret = randomBytes(32).toString('base64url');
      const request: LiveRequest = {
        key: keyOfSecret(secret),
        requestId: randomUUID(),
        queue,
        owner,
        path,
        registeredAt: clock(),
        executionId: undefined,
        answeredAt: undefined,
      };
      await write(request);
      // By the secret for the callback, and by the client for its next stream.
      await store.add(`pending.${queue}`, request.requestId, request.key, until());
      return { secret, request };
    },
    find,
    keep: write,
    async finish(request, outcome) {
      const { requestId, queue } = request;
      const isFirst = await results.add(request, { requestId, ...outcome, at: new Date(clock()).toISOString() });
      await store.drop(`pending.${queue}`, requestId);
      return isFirst;
    },
    progress: (request, progress) => results.addProgress(request, { requestId: request.requestId, ...progress }),
    read: results.read,
    async forget({ key, queue, requestId }) {
      await store.drop(`pending.${queue}`, requestId);
      // An empty text that is over at once: the store has no way to delete a record.
      await store.set(`request.${key}`, '', new Date(clock()));
    },
    isPending: async ({ queue, requestId }) => (await store.member(`pending.${queue}`, requestId)) !== undefined,
    async pending(queue) {
      const members = [...(await store.members(`pending.${queue}`)).values()];
      // Earlier releases kept the request itself there.
      const found = await Promise.all(members.map((text) => (text.startsWith('{') ? requestOf(text) : find(text))));
      return found.filter((request) => request !== undefined);
    },
  };
}

/** @returns undefined: nothing is kept, or it is not a request of this version */
function requestOf(text: string): LiveRequest | undefined {
  const record: unknown = text === '' ? undefined : JSON.parse(text);
  if (!isJsonObject(record)) return undefined;
  const member = (name: string) => textMember(record, name);
  const [key, requestId, queue, path] = [member('key'), member('requestId'), member('queue'), member('path')];
  if (key === undefined || requestId === undefined || queue === undefined || path === undefined) return undefined;
  // Requests of the previous version name no owner.
  const owner = member('owner') ?? queue;
  const [registeredAt = 0, answeredAt] = [numberMember(record, 'registeredAt'), numberMember(record, 'answeredAt')];
  return { key, requestId, queue, owner, path, registeredAt, executionId: member('executionId'), answeredAt };
}

function numberMember(record: JsonObject, name: string): number | undefined {
  const value = record[name];
  return typeof value === 'number' ? value : undefined;
}
