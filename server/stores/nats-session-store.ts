import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import type { SessionStore } from '../../core/ports.ts';
import type { SessionKey } from '../../core/session/session-token.ts';
import { type NatsBucket, openNatsBucket } from './nats-bucket.ts';
import { keepNatsConnected } from './nats-connection.ts';
import { hearEndings, sessionPrefix, userPrefix } from './nats-endings.ts';
import { parseNatsUrl } from './nats-url.ts';
import { decodeMark, decodeRecord, encodeEnded, encodeLive, encodeMark, userKey } from './session-record.ts';

export interface NatsSessionStoreOptions {
  /** See nats-url.ts. */
  readonly url: string;
  readonly clock: Clock;
  /** One command. */
  readonly timeoutMs?: number;
}

const sessionAt = (key: SessionKey) => `${sessionPrefix}${key}`;
const claimAt = (name: string) => `claim.${userKey(name)}`;
const userAt = (userId: string) => `${userPrefix}${userKey(userId)}`;

/** Two replicas that write the same key at once are rare, and three times in a row is an outage. */
const attempts = 3;

/**
 * Sessions in a JetStream key-value bucket, shared by replicas. The bucket is made when it is missing; endings are heard
 * by watching it. An outage is ERR_STORE, at once.
 */
export function createNatsSessionStore({ url, clock, timeoutMs = 1_000 }: NatsSessionStoreOptions): SessionStore {
  const bucket = connectBucket(url, clock, timeoutMs);
  const run = bucket.run;

  /** Reads, decides, and writes only if nobody wrote meanwhile. `decide` says what to write, or undefined: nothing. */
  async function change(key: string, keepUntil: Date, decide: (text: string | undefined) => string | undefined) {
    return run(async (to) => {
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const { text, revision } = await to.read(key);
        const next = decide(text);
        if (next === undefined) return false;
        if (await to.writeOver(revision, key, next, keepUntil)) return true;
      }
      throw new GatewayError('ERR_STORE', 'the session store is too busy', { retryAfterSecs: 1 });
    });
  }

  return {
    async get(key) {
      const { text } = await run((to) => to.read(sessionAt(key)));
      return text === undefined ? undefined : decodeRecord(text, clock());
    },
    put(key, session, checkedAt, keepUntil) {
      const value = encodeLive(session, checkedAt, keepUntil);
      return change(sessionAt(key), keepUntil, (held) => (isEnded(held, clock()) ? undefined : value));
    },
    end: (key, until) => run((to) => to.write(sessionAt(key), encodeEnded(until), until)),
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
      const isFree = (held: string | undefined) => held === undefined || Number(held) <= clock();
      const value = String(until.getTime());
      return change(claimAt(name), until, (held) => (isFree(held) ? value : undefined));
    },
    onEnded: bucket.endings.listen,
    async ping() {
      await run((to) => to.read('ping'));
      if (!bucket.endings.isHearing()) throw new GatewayError('ERR_STORE', 'endings of sessions cannot be heard');
    },
    close: bucket.close,
  };
}

const isEnded = (text: string | undefined, nowMs: number): boolean =>
  text !== undefined && decodeRecord(text, nowMs)?.state === 'ended';

/** The bucket while there is a connection, and what is heard from it. */
function connectBucket(url: string, clock: Clock, timeoutMs: number) {
  const { connection, bucket: name, replicas } = parseNatsUrl(url);
  const endings = hearEndings(clock);
  let opened: Promise<NatsBucket> | undefined;

  /** One attempt at a time. After a failure whoever needs the bucket next opens it again: it may be gone. */
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
        if (nc === undefined) throw new GatewayError('ERR_STORE', 'the session store is not connected');
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

/** Dead connections are found within seconds, and tried again for ever. */
const reconnection = {
  maxReconnectAttempts: -1,
  reconnectTimeWait: 250,
  reconnectJitter: 100,
  pingInterval: 2_000,
  maxPingOut: 2,
  ignoreClusterUpdates: true,
} as const;
