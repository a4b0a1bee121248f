import type { Redis } from 'ioredis';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { connectionError, connectRedis, firstReady, receiveNotices } from './redis-connection.ts';
import {
  compareAndSet,
  maxQueued,
  maxRead,
  memberText,
  pingMs,
  readMembers,
  type SharedStore,
  type StoreSpace,
  storeTitles,
} from './shared-store.ts';

export interface RedisStoreOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly space: StoreSpace;
  /** Begins every key, and the name of the channel. */
  readonly prefix: string;
  /** One command. */
  readonly timeoutMs?: number;
}

/** Of one group; beyond it, those that end first leave. */
const maxMembers = 1_000;

/** KEYS record; ARGV text, milliseconds to live, channel or nothing, notice, `any`, `none` or `same`, the text to compare with. */
const setScript = `
local held = ARGV[5] ~= 'any' and redis.call('GET', KEYS[1])
if ARGV[5] == 'none' and held or ARGV[5] == 'same' and held ~= ARGV[6] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[3], ARGV[4]) end
return 1`;

/** KEYS group; ARGV member, text, milliseconds to live, now, members kept. A new member takes those out whose time is over. */
const addScript = `
local added = redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if added == 0 then return 1 end
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  local ends = tonumber(string.match(all[i + 1], ' (%d+)$')) or math.huge
  if ends > tonumber(ARGV[4]) then alive[#alive + 1] = { all[i], ends } else redis.call('HDEL', KEYS[1], all[i]) end
end
table.sort(alive, function(a, b) return a[2] > b[2] end)
for i = tonumber(ARGV[5]) + 1, #alive do redis.call('HDEL', KEYS[1], alive[i][1]) end
return 1`;

/** KEYS stream, mark; ARGV text, milliseconds to live, entries to keep, channel, queue, 1 where the mark counts. */
const appendScript = `
if ARGV[6] == '1' and not redis.call('SET', KEYS[2], '1', 'PX', ARGV[2], 'NX') then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 't', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1`;

type Kind = 'record' | 'group' | 'queue' | 'once';

/** Keys and channels as in earlier releases, so that replicas of both share them during an update. */
const layouts: Readonly<
  Record<StoreSpace, { channel: string; client: string; key(kind: Kind, name: string): string }>
> = {
  sessions: {
    channel: 'endings',
    client: 'noetl-gateway',
    key: (_kind, name) => name.replace(/^user\./, 'not-before.').replace('.', ':'),
  },
  results: { channel: 'live', client: 'noetl-gateway-results', key: (kind, name) => `live:${kind}:${name}` },
};

/** Records, hashes and streams in Redis; notices by a channel. An outage is ERR_STORE, at once. */
export function createRedisStore(options: RedisStoreOptions): SharedStore {
  const { url, space, prefix, timeoutMs = 1_000 } = options;
  const { client, ...layout } = layouts[space];
  const channel = `${prefix}:${layout.channel}`;
  const redis = connectRedis({ url, timeoutMs, name: client });
  // A connection of its own: one that subscribes takes no other commands (Redis, RESP2).
  const subscriber = connectRedis({ url, timeoutMs, name: `${client}-notices` });
  const notices = receiveNotices(subscriber, timeoutMs, channel, () => redis.status === 'ready');
  const server = commandsOf(redis, channel, options);
  return {
    ...recordsIn(server),
    ...groupsIn(server),
    ...queuesIn(server),
    notify: (name) => server.run(async (to) => void (await to.publish(channel, name))),
    onNotice: notices.add,
    async ping() {
      await server.run((to) => to.set(server.key('record', 'ping'), '', 'PX', pingMs));
      await notices.assertReceived();
    },
    async close() {
      notices.close();
      redis.disconnect();
    },
  };
}

type Server = ReturnType<typeof commandsOf>;

function commandsOf(redis: Redis, channel: string, { space, prefix, clock, timeoutMs = 1_000 }: RedisStoreOptions) {
  const first = firstReady(redis, timeoutMs);
  async function run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    // The first connection is waited for, so that a process that has just started does not fail its first commands.
    await first;
    try {
      return await command(redis);
    } catch (error) {
      const cause = connectionError(redis) ?? error;
      throw new GatewayError('ERR_STORE', `${storeTitles[space]} does not answer`, { cause, retryAfterSecs: 1 });
    }
  }
  return {
    space,
    channel,
    clock,
    run,
    evaluate: (script: string, keys: readonly string[], ...args: string[]) =>
      run(async (to) => (await to.eval(script, keys.length, ...keys, ...args)) === 1),
    key: (kind: Kind, name: string) => `${prefix}:${layouts[space].key(kind, name)}`,
    // Redis refuses a life of zero; a time that has passed is a millisecond.
    lifeMs: (until: Date) => String(Math.max(1, Math.ceil(until.getTime() - clock()))),
  };
}

function recordsIn(server: Server): Pick<SharedStore, 'keyOf' | 'get' | 'set' | 'change'> {
  const { space, channel, run, evaluate, key, lifeMs } = server;
  const get = (name: string) => run(async (to) => (await to.get(key('record', name))) ?? undefined);
  /** @param compare absent: over whatever is there */
  const write = (name: string, text: string, until: Date, notify = false, compare?: { held: string | undefined }) => {
    const notice = notify ? [channel, JSON.stringify([name, text])] : ['', ''];
    const when = compare === undefined ? 'any' : compare.held === undefined ? 'none' : 'same';
    return evaluate(setScript, [key('record', name)], text, lifeMs(until), ...notice, when, compare?.held ?? '');
  };
  return {
    keyOf: (name) => key('record', name),
    get,
    set: async (name, text, until, how) => void (await write(name, text, until, how?.notify)),
    change: (name, until, decide, how) =>
      compareAndSet(
        space,
        async () => {
          const held = await get(name);
          return { text: held, version: { held } };
        },
        decide,
        (text, version) => write(name, text, until, how?.notify, version),
      ),
  };
}

function groupsIn(server: Server): Pick<SharedStore, 'add' | 'drop' | 'member' | 'members'> {
  const { clock, run, evaluate, key, lifeMs } = server;
  const members = (group: string) =>
    run(async (to) => readMembers(Object.entries(await to.hgetall(key('group', group))), clock()));
  return {
    async add(group, member, text, until) {
      const args = [member, memberText(text, until), lifeMs(until), String(clock()), String(maxMembers)];
      await evaluate(addScript, [key('group', group)], ...args);
    },
    drop: (group, member) => run(async (to) => void (await to.hdel(key('group', group), member))),
    member: async (group, member) => (await members(group)).get(member),
    members,
  };
}

function queuesIn(server: Server): Pick<SharedStore, 'append' | 'read'> {
  const { channel, run, evaluate, key, lifeMs } = server;
  return {
    append: (queue, text, until, once) =>
      evaluate(
        appendScript,
        [key('queue', queue), key('once', once ?? '')],
        ...[text, lifeMs(until), String(maxQueued), channel, queue, once === undefined ? '0' : '1'],
      ),
    read: (queue, after = '') =>
      run(async (to) => {
        // `(` is "after" in Redis. A text that is not an id would be an error there; reading begins at the oldest entry.
        const from = /^\d+(?:-\d+)?$/.test(after) ? `(${after}` : '-';
        const entries = await to.xrange(key('queue', queue), from, '+', 'COUNT', maxRead);
        return entries.map(([id, fields]) => ({ id, text: fields[1] ?? '' }));
      }),
  };
}
