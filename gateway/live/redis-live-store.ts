import type { Redis } from 'ioredis';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createListeners } from '../../plugins/listeners.ts';
import { connectRedis, firstReady } from '../stores/redis-connection.ts';
import { type LiveStore, maxQueued, maxRead } from './live-store.ts';

export interface RedisLiveStoreOptions {
  readonly url: string;
  readonly clock: Clock;
  /** Begins every key, and the name of the channel. */
  readonly prefix: string;
  /** One command. */
  readonly timeoutMs?: number;
}

/** KEYS record; ARGV text, milliseconds to live. One script, so that no other replica is between the two commands. */
const claimScript = `
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX')
return redis.call('GET', KEYS[1])`;

/** KEYS group; ARGV member, text, milliseconds to live. */
const addScript = `
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('PEXPIRE', KEYS[1], ARGV[3])`;

/** KEYS stream, mark; ARGV text, milliseconds to live, entries to keep, channel, queue, 1 where the mark counts. */
const appendScript = `
if ARGV[6] == '1' and not redis.call('SET', KEYS[2], '1', 'PX', ARGV[2], 'NX') then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 't', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`;

/** Records, hashes and streams in Redis; readers are woken by a channel. An outage is ERR_STORE, at once. */
export function createRedisLiveStore(options: RedisLiveStoreOptions): LiveStore {
  const { url, clock, prefix, timeoutMs = 1_000 } = options;
  const redis = connectRedis({ url, timeoutMs, name: 'noetl-gateway-results' });
  const first = firstReady(redis, timeoutMs);
  const channel = `${prefix}:live`;
  const wakes = hearWakes(connectRedis({ url, timeoutMs, name: 'noetl-gateway-wakes' }), channel);
  const recordAt = (name: string) => `${prefix}:live:record:${name}`;
  const groupAt = (group: string) => `${prefix}:live:group:${group}`;
  const streamAt = (queue: string) => `${prefix}:live:queue:${queue}`;
  const onceAt = (name: string) => `${prefix}:live:once:${name}`;
  // Redis refuses a life of zero; a time that has passed is a millisecond.
  const lifeMs = (until: Date) => String(Math.max(1, Math.ceil(until.getTime() - clock())));

  /** @throws ERR_STORE for every failure of Redis, with the cause for the log */
  async function run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    // The first connection is waited for, so that a process that has just started does not fail its first commands.
    await first;
    try {
      return await command(redis);
    } catch (cause) {
      throw new GatewayError('ERR_STORE', 'the store of results does not answer', { cause, retryAfterSecs: 1 });
    }
  }

  return {
    set: (name, text, until) => run(async (to) => void (await to.set(recordAt(name), text, 'PX', lifeMs(until)))),
    get: (name) => run(async (to) => (await to.get(recordAt(name))) ?? undefined),
    claim: (name, text, until) =>
      run(async (to) => String(await to.eval(claimScript, 1, recordAt(name), text, lifeMs(until)))),
    add: (group, member, text, until) =>
      run(async (to) => void (await to.eval(addScript, 1, groupAt(group), member, text, lifeMs(until)))),
    drop: (group, member) => run(async (to) => void (await to.hdel(groupAt(group), member))),
    members: (group) => run(async (to) => new Map(Object.entries(await to.hgetall(groupAt(group))))),
    append: (queue, text, until, once) =>
      run(async (to) => {
        const keys = [streamAt(queue), onceAt(once ?? '')] as const;
        const rest = [text, lifeMs(until), String(maxQueued), channel, queue, once === undefined ? '0' : '1'];
        return (await to.eval(appendScript, 2, ...keys, ...rest)) === 1;
      }),
    read: (queue, after = '') =>
      run(async (to) => {
        // `(` is "after" in Redis. A text that is not an id would be an error there; reading begins at the oldest entry.
        const from = /^\d+(?:-\d+)?$/.test(after) ? `(${after}` : '-';
        const entries = await to.xrange(streamAt(queue), from, '+', 'COUNT', maxRead);
        return entries.map(([id, fields]) => ({ id, text: fields[1] ?? '' }));
      }),
    clear: (queue) => run(async (to) => void (await to.del(streamAt(queue)))),
    wake: (queue) => run(async (to) => void (await to.publish(channel, queue))),
    onWake: wakes.listen,
    async close() {
      wakes.close();
      redis.disconnect();
    },
  };
}

/** Receives the names of queues whose readers are to be woken; whenever some may have been missed, all of them. */
function hearWakes(redis: Redis, channel: string) {
  const { add: listen, notify: wake } = createListeners<string | undefined>();
  redis.on('ready', () => {
    redis.subscribe(channel).then(
      () => wake(undefined),
      () => redis.disconnect(true),
    );
  });
  redis.on('message', (_channel, queue) => wake(queue));
  // A connection that died without a word is found by asking.
  const watch = setInterval(() => void redis.ping().catch(() => {}), 1_000);
  watch.unref();
  return {
    listen,
    close() {
      clearInterval(watch);
      redis.disconnect();
    },
  };
}
