import type { Clock } from '../../core/clock.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import { createRecordSeal } from '../stores/record-seal.ts';
import type { LiveStore } from './live-store.ts';
import { createMemoryLiveStore } from './memory-live-store.ts';
import { sealedLiveStore } from './sealed-live-store.ts';

/**
 * Where results wait: in the server of the session store, so that any replica can deliver them; in memory where that is in
 * memory. Clients of stores are loaded only when one is chosen.
 */
export async function openLiveStore({ sessions, events }: ResolvedConfig, clock: Clock): Promise<LiveStore> {
  const { store: url, namespace, keys } = sessions;
  if (url.startsWith('memory:')) return createMemoryLiveStore(clock);
  const seal = createRecordSeal(keys, namespace);
  if (url.startsWith('redis')) {
    const { createRedisLiveStore } = await import('./redis-live-store.ts');
    return sealedLiveStore(createRedisLiveStore({ url, clock, prefix: `noetl-gateway:${namespace}` }), seal);
  }
  const { createNatsLiveStore } = await import('./nats-live-store.ts');
  return sealedLiveStore(createNatsLiveStore({ url, clock, prefix: namespace, keepMs: events.keepMs }), seal);
}
