import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { type StoreKindName, sharedStoreForms, storeKindOf } from '../config/store-kinds.ts';
import type { LiveStore } from '../live/live-store.ts';
import { createMemoryLiveStore } from '../live/memory-live-store.ts';
import { sealedLiveStore } from '../live/sealed-live-store.ts';
import { createMemorySessionStore } from './memory-session-store.ts';
import { createRecordSeal } from './record-seal.ts';

/** The parts of a kind of store. Clients of stores are loaded only when one is opened. */
interface StoreAdapter {
  sessions(config: ResolvedConfig, clock: Clock): SessionStore | Promise<SessionStore>;
  /** Where results wait, so that any replica can deliver them. */
  live(config: ResolvedConfig, clock: Clock): LiveStore | Promise<LiveStore>;
}

/** Both stores of a deployment have the same keys; the place in a seal keeps their records apart. */
const sealOf = ({ sessions: { keys, namespace } }: ResolvedConfig) => createRecordSeal(keys, namespace);
const redisPrefix = ({ sessions: { namespace } }: ResolvedConfig): string => `noetl-gateway:${namespace}`;

/** One adapter for each kind of `gateway/config/store-kinds.ts`; the compiler asks for it. */
const adapters: Readonly<Record<StoreKindName, StoreAdapter>> = {
  memory: {
    sessions: ({ sessions: { cacheSize } }, clock) => createMemorySessionStore({ maxEntries: cacheSize * 10, clock }),
    live: (_config, clock) => createMemoryLiveStore(clock),
  },
  redis: {
    async sessions(config, clock) {
      // Loaded here, so that a gateway without Redis does not load its client.
      const { createRedisSessionStore } = await import('./redis-session-store.ts');
      const { store: url } = config.sessions;
      return createRedisSessionStore({ url, clock, prefix: redisPrefix(config), seal: sealOf(config) });
    },
    async live(config, clock) {
      const { createRedisLiveStore } = await import('../live/redis-live-store.ts');
      const { store: url } = config.sessions;
      return sealedLiveStore(createRedisLiveStore({ url, clock, prefix: redisPrefix(config) }), sealOf(config));
    },
  },
  nats: {
    async sessions(config, clock) {
      const { createNatsSessionStore } = await import('./nats-session-store.ts');
      const { store: url, namespace: prefix } = config.sessions;
      return createNatsSessionStore({ url, clock, prefix, seal: sealOf(config) });
    },
    async live(config, clock) {
      const { createNatsLiveStore } = await import('../live/nats-live-store.ts');
      const { store: url, namespace: prefix } = config.sessions;
      const { keepMs } = config.events;
      return sealedLiveStore(createNatsLiveStore({ url, clock, prefix, keepMs }), sealOf(config));
    },
  },
};

/** The session store that the config names. */
export const openStore = async (config: ResolvedConfig, clock: Clock): Promise<SessionStore> =>
  adapterOf(config).sessions(config, clock);

/** Where results wait: in the server of the session store; in memory where that is in memory. */
export const openLiveStore = async (config: ResolvedConfig, clock: Clock): Promise<LiveStore> =>
  adapterOf(config).live(config, clock);

/** @throws ERR_CONFIG_INVALID when no kind has the URL, which a checked config rules out */
function adapterOf({ sessions: { store } }: ResolvedConfig): StoreAdapter {
  const kind = storeKindOf(store);
  if (kind === undefined)
    throw new GatewayError('ERR_CONFIG_INVALID', `sessions.store must be memory:, ${sharedStoreForms}`);
  return adapters[kind];
}
