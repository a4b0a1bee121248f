import type { Redis } from 'ioredis';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { createListeners } from '../../core/listeners.ts';
import type { Ending, SessionStore } from '../../core/ports.ts';
import type { SessionKey } from '../../core/session/session-token.ts';
import { createRecordSeal, type RecordSeal } from './record-seal.ts';
import { connectionError, connectRedis, firstReady } from './redis-connection.ts';
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

/** KEYS session; ARGV value, milliseconds to live, what a tombstone begins with. */
const putScript = `
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[3]) == ARGV[3] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** KEYS session; ARGV tombstone, milliseconds to live, channel, message. */
const endScript = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('PUBLISH', ARGV[3], ARGV[4])`;

/** KEYS mark; ARGV value, milliseconds to live, moment, channel, message. The later mark stays. */
const markScript = `
local held = redis.call('GET', KEYS[1])
local at = held and tonumber(string.match(held, '"notBefore":(%d+)'))
if not at or at < tonumber(ARGV[3]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('PUBLISH', ARGV[4], ARGV[5])`;

/** While endings do not arrive but sessions can be read, nothing that is cached is trusted for longer than this. */
const deafMs = 500;

/**
 * Sessions in Redis, shared by replicas: values with a time to live, endings by a channel. Needs GET, SET, PTTL, EVAL,
 * PUBLISH, SUBSCRIBE and PING. An outage is ERR_STORE, at once.
 */
export function createRedisSessionStore(options: RedisSessionStoreOptions): SessionStore {
  const { clock, timeoutMs = 1_000, prefix = 'noetl-gateway', seal = createRecordSeal([], prefix) } = options;
  const connection = { url: options.url, timeoutMs };
  const redis = connectRedis({ ...connection, name: 'noetl-gateway' });
  const endings = subscribe(connection, `${prefix}:endings`, () => redis.status === 'ready');
  const first = firstReady(redis, timeoutMs);
  const sessionAt = (key: SessionKey) => `${prefix}:session:${key}`;
  const markAt = (userId: string) => `${prefix}:not-before:${userKey(userId)}`;
  const claimAt = (name: string) => `${prefix}:claim:${userKey(name)}`;
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
  const evaluate = (script: string, key: string, ...args: string[]) => run((to) => to.eval(script, 1, key, ...args));

  return {
    async get(key) {
      const text = await run((to) => to.get(sessionAt(key)));
      return text === null ? undefined : decodeRecord(text, clock(), sessionAt(key), seal);
    },
    async put(key, session, checkedAt, keepUntil) {
      const value = seal.seal(sessionAt(key), encodeLive(session, checkedAt, keepUntil));
      return (await evaluate(putScript, sessionAt(key), value, lifeMs(keepUntil), endedPrefix)) === 1;
    },
    async end(key, until) {
      const message = JSON.stringify({ key });
      await evaluate(endScript, sessionAt(key), encodeEnded(until), lifeMs(until), endings.channel, message);
    },
    async endAllOf(userId, notBefore, keepUntil) {
      const value = encodeMark({ userId, notBefore, keepUntil });
      const message = JSON.stringify({ userId, notBefore: notBefore.getTime() });
      const at = String(notBefore.getTime());
      await evaluate(markScript, markAt(userId), value, lifeMs(keepUntil), at, endings.channel, message);
    },
    async notBefore(userId) {
      const text = await run((to) => to.get(markAt(userId)));
      return text === null ? undefined : decodeMark(text).notBefore;
    },
    async claim(name, until) {
      const taken = await run((to) => to.set(claimAt(name), '1', 'PX', lifeMs(until), 'NX'));
      return taken === 'OK';
    },
    onEnded: endings.listen,
    async ping() {
      await run((to) => to.ping());
      if (!endings.isHearing()) throw new GatewayError('ERR_STORE', 'endings of sessions cannot be heard');
    },
    async close() {
      endings.close();
      redis.disconnect();
    },
  };
}

/** Receives endings; reports `missed` whenever some may be lost. */
function subscribe(connection: { url: string; timeoutMs: number }, channel: string, canRead: () => boolean) {
  const { add, notify } = createListeners<Ending>();
  const redis = connectRedis({ ...connection, name: 'noetl-gateway-endings' });
  let hearing = false;

  redis.on('ready', () => {
    redis.subscribe(channel).then(
      () => {
        hearing = true;
        notify({ missed: true });
      },
      () => redis.disconnect(true),
    );
  });
  redis.on('close', () => {
    hearing = false;
  });
  redis.on('message', (_channel, text) => notify(decodeMessage(text)));

  // A connection that died without a word is found by asking; so is one that may read but not subscribe.
  const watch = setInterval(() => {
    if (hearing) redis.ping().catch(() => {});
    else if (canRead()) notify({ missed: true });
  }, deafMs);
  watch.unref();

  return {
    channel,
    listen: add,
    isHearing: () => hearing,
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
