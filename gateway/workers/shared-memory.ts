import type { Clock } from '../../plugins/clock.ts';
import { createListeners } from '../../plugins/listeners.ts';
import type { Ending, SessionStore } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { isMemoryStore, keepsSessionsInMemory, storeKindOf } from '../config/store-kinds.ts';
import { createRateLimits, type RateLimits } from '../limits/rate-limits.ts';
import type { SharedTokenBuckets } from '../limits/redis-token-buckets.ts';
import { createTokenBuckets } from '../limits/token-buckets.ts';
import type { LiveStore } from '../live/live-store.ts';
import { createMemoryLiveStore } from '../live/memory-live-store.ts';
import { createMemorySessionStore } from '../stores/memory-session-store.ts';
import { type Channel, handlersOf, type MessageHandlers, remoteOf } from './channel.ts';

/**
 * What a worker may call. `onEnded`, `onWake` and `close` are not calls: the first process notifies by itself, and
 * outlives its workers.
 */
const sessionMethods = ['get', 'put', 'end', 'endAllOf', 'notBefore', 'claim', 'sessionsOf', 'ping'] as const;
const liveMethods = ['set', 'get', 'claim', 'add', 'drop', 'members', 'append', 'read', 'clear', 'wake'] as const;
const limitMethods = ['consume', 'reached', 'giveBack'] as const;

/** What the first process holds for all: a store in memory, and limits that no Redis counts. */
const isHeld = (config: Pick<ResolvedConfig, 'sessions' | 'adapters'>) => ({
  sessions: keepsSessionsInMemory(config),
  live: isMemoryStore(config.sessions.store),
  limits: storeKindOf(config.sessions.store) !== 'redis',
});

/**
 * The first process's side: stores and limits in its memory.
 * @param tellAll calls a handler of every worker
 * @returns handlers for the workers
 */
export function createSharedMemory(
  config: ResolvedConfig,
  clock: Clock,
  tellAll: (name: string, ...args: readonly unknown[]) => void,
): MessageHandlers {
  const held = isHeld(config);
  const handlers: Record<string, MessageHandlers[string]> = {};
  if (held.sessions) {
    const store = createMemorySessionStore({ maxEntries: config.sessions.cacheSize * 10, clock });
    store.onEnded((ending) => tellAll('sessions.ended', ending));
    Object.assign(handlers, handlersOf('sessions', store, sessionMethods));
  }
  if (held.live) {
    const live = createMemoryLiveStore(clock);
    live.onWake((queue) => tellAll('live.woken', queue));
    Object.assign(handlers, handlersOf('live', live, liveMethods));
  }
  if (held.limits) {
    const limits = createRateLimits({ ...config.limits, namespace: config.sessions.namespace });
    Object.assign(handlers, handlersOf('limits', limits, limitMethods));
    Object.assign(handlers, handlersOf('buckets', createTokenBuckets(clock), ['take']));
  }
  return handlers;
}

/** What a worker uses in place of its own; what is absent is in a store that replicas share. */
export interface SharedParts {
  readonly store?: SessionStore;
  readonly liveStore?: LiveStore;
  readonly limits?: RateLimits;
  readonly buckets?: SharedTokenBuckets;
}

/** A worker's side of {@link createSharedMemory}. A first process that does not answer is ERR_STORE. */
export function useSharedMemory(config: Pick<ResolvedConfig, 'sessions' | 'adapters'>, channel: Channel): SharedParts {
  const held = isHeld(config);
  return {
    ...(held.sessions && { store: remoteSessionStore(channel) }),
    ...(held.live && { liveStore: remoteLiveStore(channel) }),
    ...(held.limits && {
      limits: { ...remoteOf<RateLimits, (typeof limitMethods)[number]>('limits', channel, limitMethods), close },
      buckets: { ...remoteOf<SharedTokenBuckets, 'take'>('buckets', channel, ['take']), close },
    }),
  };
}

/** A worker closes nothing that others use. */
const close = async (): Promise<void> => {};

function remoteSessionStore(channel: Channel): SessionStore {
  const endings = createListeners<Ending>();
  channel.handle({ 'sessions.ended': endings.notify });
  return {
    ...remoteOf<SessionStore, (typeof sessionMethods)[number]>('sessions', channel, sessionMethods),
    onEnded: endings.add,
    close,
  };
}

function remoteLiveStore(channel: Channel): LiveStore {
  const wakes = createListeners<string | undefined>();
  channel.handle({ 'live.woken': wakes.notify });
  return {
    ...remoteOf<LiveStore, (typeof liveMethods)[number]>('live', channel, liveMethods),
    onWake: wakes.add,
    close,
  };
}
