import { Redis } from 'ioredis';

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
