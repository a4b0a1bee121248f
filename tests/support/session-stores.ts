import { createMemoryStore } from '../../gateway/stores/memory-store.ts';
import { createNatsStore } from '../../gateway/stores/nats-store.ts';
import { createRecordSeal, noSeal, type RecordSeal } from '../../gateway/stores/record-seal.ts';
import { createRedisStore } from '../../gateway/stores/redis-store.ts';
import { createSessionStore } from '../../gateway/stores/session-store.ts';
import { memoryOfSessions } from '../../gateway/stores/store-adapters.ts';
import type { Clock } from '../../plugins/clock.ts';
import type { SessionStore } from '../../plugins/ports.ts';

interface ServerOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly timeoutMs?: number;
  readonly prefix?: string;
  /** Absent: one that is made up. */
  readonly seal?: RecordSeal;
}

const given = ({ prefix = 'noetl-gateway', seal = createRecordSeal([], prefix), ...options }: ServerOptions) => ({
  server: { ...options, prefix, space: 'sessions' as const },
  sessions: { clock: options.clock, seal },
});

export function createMemorySessionStore(options: {
  readonly maxEntries: number;
  readonly clock: Clock;
}): SessionStore {
  const { maxEntries, clock } = options;
  const store = createMemoryStore({ clock, space: 'sessions', ...memoryOfSessions(maxEntries) });
  return createSessionStore(store, { clock, seal: noSeal });
}

export function createRedisSessionStore(options: ServerOptions): SessionStore {
  const { server, sessions } = given(options);
  return createSessionStore(createRedisStore(server), sessions);
}

export function createNatsSessionStore(options: ServerOptions): SessionStore {
  const { server, sessions } = given(options);
  return createSessionStore(createNatsStore({ ...server, keepMs: 60_000 }), sessions);
}
