import type { Redis } from 'ioredis';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createListeners } from '../../plugins/listeners.ts';
import type { Session } from '../../plugins/noetl-auth/session/session.ts';
import { listedAtMost } from '../../plugins/noetl-auth/session/session-list.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending, SessionStore } from '../../plugins/ports.ts';
import { createRecordSeal, type RecordSeal } from './record-seal.ts';
import { connectionError, connectRedis, firstReady } from './redis-connection.ts';
import { endScript, markScript, putScript } from './redis-scripts.ts';
import { entryText, newestEntries, readEntries, sessionsBehind } from './session-index.ts';
import {
  decodeMark,
  decodeRecord,
  encodeEnded,
  encodeLive,
  encodeMark,
  endedPrefix,
  userKey,
} from './session-record.ts';

export interface RedisSessionStoreOptions {
  readonly url: string;
  readonly clock: Clock;
  /** One command. */
  readonly timeoutMs?: number;
  /** Begins every key, and the name of the channel. */
  readonly prefix?: string;
  /** Absent: one that is made up, so that records of other processes and of earlier runs are not believed. */
  readonly seal?: RecordSeal;
}

/** While endings do not arrive but sessions can be read, nothing that is cached is trusted for longer than this. */
const unsubscribedMs = 500;

/**
 * Sessions in Redis, shared by replicas: values with a time to live, endings by a channel, and a hash for each user that names the
 * user's sessions. Needs GET, SET, PTTL, EVAL, PUBLISH, SUBSCRIBE and PING, and for the hash HSET, HDEL, HGETALL and PEXPIRE. An outage is
 * ERR_STORE, at once.
 */
export function createRedisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { clock, timeoutMs = 1_000, prefix = 'noetl-gateway', seal = createRecordSeal([], prefix) } = options;
  const connection = { url: options.url, timeoutMs };
  const redis = connectRedis({ ...connection, name: 'noetl-gateway' });
  // A connection of its own: one that subscribes takes no other commands (Redis, RESP2).
  const endings = subscribe(connection, `${prefix}:endings`, () => redis.status === 'ready');
  const first = firstReady(redis, timeoutMs);
  const { sessionAt, markAt, indexAt, claimAt } = redisPlaces(prefix);
  // Redis refuses a life of zero; a time that has passed is a millisecond.
  const lifeMs = (until: Date) => String(Math.max(1, Math.ceil(until.getTime() - clock())));

  async function run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    await first;
    try {
      return await command(redis);
    } catch (error) {
      const cause = connectionError(redis) ?? error;
      throw new GatewayError('ERR_STORE', 'the session store does not answer', { cause, retryAfterSecs: 1 });
    }
  }
  const evaluate = (script: string, keys: readonly string[], ...args: string[]) =>
    run((to) => to.eval(script, keys.length, ...keys, ...args));
  const get: SessionStore['get'] = async (key) => {
    const text = await run((to) => to.get(sessionAt(key)));
    return text === null ? undefined : decodeRecord(text, clock(), sessionAt(key), seal);
  };

  return {
    get,
    async put(key, session, checkedAt, keepUntil) {
      const value = seal.seal(sessionAt(key), encodeLive(session, checkedAt, keepUntil));
      const keys = [sessionAt(key), indexAt(session.user.userId)];
      const args = [value, lifeMs(keepUntil), endedPrefix, ...entryArgs(key, session, clock())];
      return (await evaluate(putScript, keys, ...args)) === 1;
    },
    async end(key, until, userId) {
      const message = JSON.stringify({ key });
      const keys = [sessionAt(key), ...(userId === undefined ? [] : [indexAt(userId)])];
      await evaluate(endScript, keys, encodeEnded(until), lifeMs(until), endings.channel, message, key);
    },
    async endAllOf(userId, notBefore, keepUntil) {
      const value = encodeMark({ userId, notBefore, keepUntil });
      const message = JSON.stringify({ userId, notBefore: notBefore.getTime() });
      const at = String(notBefore.getTime());
      await evaluate(markScript, [markAt(userId)], value, lifeMs(keepUntil), at, endings.channel, message);
    },
    async notBefore(userId) {
      const text = await run((to) => to.get(markAt(userId)));
      return text === null ? undefined : decodeMark(text).notBefore;
    },
    // NX: of two replicas one writes.
    async claim(name, until) {
      const taken = await run((to) => to.set(claimAt(name), '1', 'PX', lifeMs(until), 'NX'));
      return taken === 'OK';
    },
    async sessionsOf(userId) {
      const entries = readEntries(await run((to) => to.hgetall(indexAt(userId))));
      return sessionsBehind(newestEntries(entries, clock()), userId, get);
    },
    onEnded: endings.listen,
    async ping() {
      await run((to) => to.ping());
      await endings.received();
    },
    async close() {
      endings.close();
      redis.disconnect();
    },
  };
}

const redisPlaces = (prefix: string) => ({
  sessionAt: (key: SessionKey) => `${prefix}:session:${key}`,
  markAt: (userId: string) => `${prefix}:not-before:${userKey(userId)}`,
  indexAt: (userId: string) => `${prefix}:sessions-of:${userKey(userId)}`,
  claimAt: (name: string) => `${prefix}:claim:${userKey(name)}`,
});

/** Receives endings; reports `missed` whenever some may be lost. */
function subscribe(connection: { url: string; timeoutMs: number }, channel: string, canRead: () => boolean) {
  const { add, notify } = createListeners<Ending>();
  const redis = connectRedis({ ...connection, name: 'noetl-gateway-endings' });
  const first = firstReady(redis, connection.timeoutMs);
  let subscribed = false;
  let refusal: unknown;
  /** The last attempt; a command, so it is over in time. */
  let attempt: Promise<void> | undefined;

  redis.on('ready', () => {
    attempt = redis.subscribe(channel).then(
      () => {
        subscribed = true;
        notify({ missed: true });
      },
      (error: unknown) => {
        refusal = error;
        redis.disconnect(true);
      },
    );
  });
  redis.on('close', () => {
    subscribed = false;
  });
  redis.on('message', (_channel, text) => notify(decodeMessage(text)));

  // A connection that died without a word is found by asking; so is one that may read but not subscribe.
  const watch = setInterval(() => {
    if (subscribed) redis.ping().catch(() => {});
    else if (canRead()) notify({ missed: true });
  }, unsubscribedMs);
  watch.unref();

  return {
    channel,
    listen: add,
    /** Waits for an attempt that is not over: a store that has just been opened is not a failing one. @throws ERR_STORE */
    async received() {
      await first;
      await attempt;
      if (subscribed) return;
      throw new GatewayError('ERR_STORE', 'endings of sessions are not received', { cause: refusal });
    },
    close() {
      clearInterval(watch);
      redis.disconnect();
    },
  };
}

/** A message that cannot be read was an ending of some kind. */
function decodeMessage(text: string): Ending {
  try {
    const message: { key?: unknown; userId?: unknown; notBefore?: unknown } = JSON.parse(text);
    if (typeof message.key === 'string') return { key: message.key as SessionKey };
    if (typeof message.userId === 'string' && typeof message.notBefore === 'number') {
      return { userId: message.userId, notBefore: new Date(message.notBefore) };
    }
  } catch {}
  return { missed: true };
}

/** The arguments of `putScript` for the index. An entry with no time left is not written. */
function entryArgs(key: SessionKey, session: Session, now: number): readonly string[] {
  const leftMs = Math.max(0, Math.ceil(session.expiresAt.getTime() - now)) || 0;
  return [key, entryText(session), String(leftMs), String(now), String(listedAtMost)];
}
