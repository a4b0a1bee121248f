import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { type NatsBucket, openNatsBucket } from './nats-bucket.ts';
import { keepNatsConnected } from './nats-connection.ts';
import { type NatsPlaces, natsPlaces, watchEndings } from './nats-endings.ts';
import { parseNatsUrl } from './nats-url.ts';
import { createRecordSeal, type RecordSeal } from './record-seal.ts';
import { entryText, type IndexEntry, newestEntries, readEntries, sessionsBehind } from './session-index.ts';
import { decodeMark, decodeRecord, encodeEnded, encodeLive, encodeMark, userKey } from './session-record.ts';

export interface NatsSessionStoreOptions {
  /** See nats-url.ts. */
  readonly url: string;
  readonly clock: Clock;
  /** One command. */
  readonly timeoutMs?: number;
  /** Begins every key. */
  readonly prefix?: string;
  /** Absent: one that is made up, so that records of other processes and of earlier runs are not believed. */
  readonly seal?: RecordSeal;
}

/** Two replicas that write the same key at once are rare, and three times in a row is an outage. */
const attempts = 3;

/**
 * Sessions in a JetStream key-value bucket, shared by replicas. The bucket is made when it is missing; endings arrive
 * by watching it. An outage is ERR_STORE, at once.
 */
export function createNatsSessionStore(options: NatsSessionStoreOptions): SessionStore {
  const { url, clock, timeoutMs = 1_000, prefix = 'noetl-gateway' } = options;
  const seal = options.seal ?? createRecordSeal([], prefix);
  const places = natsPlaces(prefix);
  const sessionAt = (key: SessionKey) => `${places.session}${key}`;
  const claimAt = (name: string) => `${prefix}.claim.${userKey(name)}`;
  const userAt = (userId: string) => `${places.user}${userKey(userId)}`;
  const isEnded = (text: string | undefined, place: string): boolean =>
    text !== undefined && decodeRecord(text, clock(), place, seal)?.state === 'ended';
  const bucket = connectBucket({ url, clock, timeoutMs, places, seal });
  const run = bucket.run;
  const index = createNatsIndex(run, prefix);

  const change = changeIn(run);
  const get: SessionStore['get'] = async (key) => {
    const { text } = await run((to) => to.read(sessionAt(key)));
    return text === undefined ? undefined : decodeRecord(text, clock(), sessionAt(key), seal);
  };

  return {
    get,
    async put(key, session, checkedAt, keepUntil) {
      const place = sessionAt(key);
      const value = seal.seal(place, encodeLive(session, checkedAt, keepUntil));
      const isKept = await change(place, keepUntil, (held) => (isEnded(held, place) ? undefined : value));
      if (isKept) await index.write(session.user.userId, key, entryText(session), session.expiresAt);
      return isKept;
    },
    // Over any present entry: an ending is never refused by another writer.
    async end(key, until, userId) {
      await run((to) => to.write(sessionAt(key), encodeEnded(until), until));
      // An empty text is not an entry; the server drops it at once.
      if (userId !== undefined) await index.write(userId, key, '', new Date(clock()));
    },
    async endAllOf(userId, notBefore, keepUntil) {
      const value = encodeMark({ userId, notBefore, keepUntil });
      const isLater = (held: string | undefined) => held === undefined || decodeMark(held).notBefore < notBefore;
      await change(userAt(userId), keepUntil, (held) => (isLater(held) ? value : undefined));
    },
    async notBefore(userId) {
      const { text } = await run((to) => to.read(userAt(userId)));
      if (text === undefined) return undefined;
      const mark = decodeMark(text);
      return clock() < mark.keepUntil.getTime() ? mark.notBefore : undefined;
    },
    claim(name, until) {
      // A claim is over at its own time, also on servers that do not let single values expire.
      const isFree = (held: string | undefined) => held === undefined || Number(held) <= clock();
      const value = String(until.getTime());
      return change(claimAt(name), until, (held) => (isFree(held) ? value : undefined));
    },
    sessionsOf: async (userId) => sessionsBehind(newestEntries(await index.entries(userId), clock()), userId, get),
    onEnded: bucket.endings.listen,
    async ping() {
      // Any read shows that the store answers. Without endings a logout elsewhere would not count here, so that is not
      // ready, either.
      await run((to) => to.read('ping'));
      if (!(await bucket.endings.isWatching()))
        throw new GatewayError('ERR_STORE', 'endings of sessions are not received');
    },
    close: bucket.close,
  };
}

type Run = <T>(command: (bucket: NatsBucket) => Promise<T>) => Promise<T>;

/** Reads, decides, and writes only if no other process wrote meanwhile. `decide` returns what to write, or undefined: nothing. */
const changeIn =
  (run: Run) =>
  (key: string, keepUntil: Date, decide: (text: string | undefined) => string | undefined): Promise<boolean> =>
    run(async (to) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const { text, revision } = await to.read(key);
        const next = decide(text);
        if (next === undefined) return false;
        if (await to.writeOver(revision, key, next, keepUntil)) return true;
      }
      throw new GatewayError('ERR_STORE', 'the session store is too busy', { retryAfterSecs: 1 });
    });

/** The sessions of users: an entry under a key of its own for each, so that logins at the same time do not wait for each other. */
function createNatsIndex(run: Run, prefix: string) {
  const placeOf = (userId: string) => `${prefix}.sessions-of.${userKey(userId)}.`;
  return {
    /** Without its entry a session is missing in a list, and nothing else: a failure must not refuse it. */
    async write(userId: string, key: SessionKey, entry: string, until: Date): Promise<void> {
      await run((to) => to.write(`${placeOf(userId)}${key}`, entry, until)).catch(() => {});
    },
    async entries(userId: string): Promise<readonly IndexEntry[]> {
      const place = placeOf(userId);
      const found = await run((to) => to.list(`${place}*`));
      return readEntries(Object.fromEntries(found.map(({ key, text }) => [key.slice(place.length), text])));
    },
  };
}

interface BucketConnection {
  readonly url: string;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly places: NatsPlaces;
  readonly seal: RecordSeal;
}

/** The bucket while there is a connection, and what is received from it. */
function connectBucket({ url, clock, timeoutMs, places, seal }: BucketConnection) {
  const { connection, bucket: name, replicas } = parseNatsUrl(url);
  const endings = watchEndings(clock, places, seal);
  let opened: Promise<NatsBucket> | undefined;

  /** One attempt at a time. After a failure the next caller opens the bucket again: it may be gone. */
  function open(nc: NatsConnection): Promise<NatsBucket> {
    if (opened !== undefined) return opened;
    const opening = openNatsBucket(nc, { name, replicas, timeoutMs, clock }).then((bucket) => {
      endings.follow(bucket);
      return bucket;
    });
    opened = opening;
    opening.catch(() => {});
    return opening;
  }

  const link = keepNatsConnected(
    { ...connection, name: 'noetl-gateway', timeout: timeoutMs, ...reconnection },
    {
      onConnected(nc) {
        opened = undefined;
        open(nc).catch(() => {});
      },
      onLost: endings.stop,
    },
  );

  return {
    async run<T>(command: (bucket: NatsBucket) => Promise<T>): Promise<T> {
      try {
        const nc = await link.current();
        if (nc === undefined) throw notConnected(link.problem());
        return await command(await open(nc));
      } catch (cause) {
        if (cause instanceof GatewayError) throw cause;
        opened = undefined;
        throw new GatewayError('ERR_STORE', 'the session store does not answer', { cause, retryAfterSecs: 1 });
      }
    },
    endings,
    close: link.close,
  };
}

const notConnected = (cause: unknown) =>
  new GatewayError('ERR_STORE', 'the session store is not connected', { cause, retryAfterSecs: 1 });

/** Dead connections are found within seconds, and tried again for ever. */
const reconnection = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 100,
  pingInterval: 2_000,
  maxPingOut: 2,
  ignoreClusterUpdates: true,
} as const;
