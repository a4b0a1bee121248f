import { Redis } from 'ioredis';
import { GatewayError } from '../../plugins/errors.ts';
import type { Notice } from './shared-store.ts';
import { createListeners } from './shared-store.ts';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and database as needed. */
  readonly url: string;
  /** One command; a connection that is silent for twice as long is replaced. */
  readonly timeoutMs: number;
  /** How the server's list of clients names it. */
  readonly name: string;
}

/** Between two attempts to connect, as with NATS: what a process could not store waits in its memory until then. */
const longestReconnectMs = 250;

/**
 * A connection that never makes callers wait for an outage: nothing is queued while it is down, nothing is sent twice,
 * and it comes back by itself. Fails per command; errors of the connection are only those.
 */
export function connectRedis({ url, timeoutMs, name }: RedisConnectionOptions): Redis {
  const redis = new Redis(url, {
    protocol: 2,
    commandTimeout: timeoutMs,
    socketTimeout: 2 * timeoutMs,
    connectTimeout: 2 * timeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (attempt) => Math.min(50 * attempt, longestReconnectMs),
    // After a failover the address may still lead to the old primary.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
    autoResubscribe: false,
    connectionName: name,
  });
  redis.on('error', (error) => lastErrors.set(redis, error));
  redis.on('ready', () => lastErrors.delete(redis));
  return redis;
}

const lastErrors = new WeakMap<Redis, unknown>();

/** Why the connection is down; of a command that was not even sent the client knows no more than that. */
export const connectionError = (redis: Redis): unknown => lastErrors.get(redis);

/** Resolves when the connection is usable for the first time; after that time, or when that takes too long, at once. */
export async function firstReady(redis: Redis, timeoutMs: number): Promise<void> {
  if (redis.status === 'ready') return;
  await new Promise<void>((done) => {
    const timer = setTimeout(done, timeoutMs);
    redis.once('ready', () => {
      clearTimeout(timer);
      done();
    });
  });
}

/** While notices do not arrive but records can be read, nothing that is cached is trusted for longer than this. */
const unsubscribedMs = 500;

/** Receives notices; reports `missed` whenever some may be lost. */
export function receiveNotices(redis: Redis, timeoutMs: number, channel: string, canRead: () => boolean) {
  const { add, notify } = createListeners<Notice>();
  const first = firstReady(redis, timeoutMs);
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
  redis.on('message', (_channel, text) => notify(noticeOf(text)));

  // A connection that died without a word is found by asking; so is one that may read but not subscribe.
  const watch = setInterval(() => {
    if (subscribed) redis.ping().catch(() => {});
    else if (canRead()) notify({ missed: true });
  }, unsubscribedMs);
  watch.unref();

  return {
    add,
    /** Waits for an attempt that is not over: a store that has just been opened is not a failing one. @throws ERR_STORE */
    async assertReceived() {
      await first;
      await attempt;
      if (!subscribed) throw new GatewayError('ERR_STORE', 'notices of the store are not received', { cause: refusal });
    },
    close() {
      clearInterval(watch);
      redis.disconnect();
    },
  };
}

/** A message that cannot be read, as those of earlier releases, was a notice of some kind. */
function noticeOf(message: string): Notice {
  if (/^[\w.-]+$/.test(message)) return { name: message };
  try {
    const [name, text]: unknown[] = JSON.parse(message);
    if (typeof name === 'string' && typeof text === 'string') return { name, text };
  } catch {}
  return { missed: true };
}
