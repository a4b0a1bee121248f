import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { isMemoryStore, type StoreKindName, sharedStoreForms, storeKindOf } from '../config/addresses.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { createMemoryStore } from './memory-store.ts';
import { createRecordSeal, noSeal, sealedStore } from './record-seal.ts';
import { createSessionStore } from './session-store.ts';
import type { SharedStore, StoreSpace } from './shared-store.ts';

/** Opens a store of one kind for a space. Clients of servers are loaded only when one is opened. */
type OpenSharedStore = (config: ResolvedConfig, clock: Clock, space: StoreSpace) => SharedStore | Promise<SharedStore>;

/** One adapter for each kind of `gateway/config/addresses.ts`; the compiler asks for it. */
const adapters: Readonly<Record<StoreKindName, OpenSharedStore>> = {
  memory: ({ sessions: { cacheSize } }, clock, space) =>
    createMemoryStore({ clock, space, ...(space === 'sessions' ? memoryOfSessions(cacheSize * 10) : {}) }),
  async redis({ sessions: { store: url, namespace } }, clock, space) {
    const { createRedisStore } = await import('./redis-store.ts');
    return createRedisStore({ url, clock, space, prefix: `noetl-gateway:${namespace}` });
  },
  async nats({ sessions: { store: url, namespace: prefix }, events: { keepMs } }, clock, space) {
    const { createNatsStore } = await import('./nats-store.ts');
    return createNatsStore({ url, clock, space, prefix, keepMs });
  },
};

/**
 * Sessions of one process: for one replica, and gone with it. Endings have room ten times over, and are never pushed out before their
 * time: without room a logout fails with ERR_STORE rather than being forgotten.
 */
export const memoryOfSessions = (maxSessions: number) => ({ maxEvictable: maxSessions, maxNames: 10 * maxSessions });

/** The session store that the config names. */
export async function openStore(config: ResolvedConfig, clock: Clock): Promise<SessionStore> {
  return createSessionStore(await open(config, clock, 'sessions'), { clock, seal: sealOf(config) });
}

/** Where results wait, so that any replica can deliver them: in the server of the session store, or in memory. */
export async function openLiveStore(config: ResolvedConfig, clock: Clock): Promise<SharedStore> {
  const store = await open(config, clock, 'results');
  return isMemoryStore(config.sessions.store) ? store : sealedStore(store, sealOf(config));
}

/** Both stores of a deployment have the same keys; the place in a seal keeps their records apart. */
const sealOf = ({ sessions: { store, keys, namespace } }: ResolvedConfig) =>
  isMemoryStore(store) ? noSeal : createRecordSeal(keys, namespace);

/** @throws ERR_CONFIG_INVALID when no kind has the URL, which a checked config rules out */
async function open(config: ResolvedConfig, clock: Clock, space: StoreSpace): Promise<SharedStore> {
  const kind = storeKindOf(config.sessions.store);
  if (kind !== undefined) return adapters[kind](config, clock, space);
  throw new GatewayError('ERR_CONFIG_INVALID', `sessions.store must be memory:, ${sharedStoreForms}`);
}
