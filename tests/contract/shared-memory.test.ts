import { describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import type { Channel } from '../../gateway/workers/channel.ts';
import { createSharedMemory, type SharedParts, useSharedMemory } from '../../gateway/workers/shared-memory.ts';
import shipped from '../../gateway.config.ts';
import type { SessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Ending } from '../../plugins/ports.ts';
import { channelPair } from '../support/wires.ts';
import { liveStoreSuite } from './live-store.suite.ts';
import { describeSessionStore } from './session-store.suite.ts';

const declaration = (limits: object) => ({ ...shipped, limits }) as unknown as GatewayConfig;

/** A first process whose workers are at the other end of a channel each. */
function firstProcess(store: string, limits: Readonly<Record<string, number>> = {}) {
  const { config } = resolveConfig(declaration(limits), { ...environment, GATEWAY_SESSION_STORE: store });
  const channels: Channel[] = [];
  const handlers = createSharedMemory(config, Date.now, (name, ...args) => {
    for (const channel of channels) channel.tell(name, ...args);
  });
  return (): SharedParts => {
    const [first, worker] = channelPair();
    first.handle(handlers);
    channels.push(first);
    return useSharedMemory(config, worker);
  };
}

const environment = {
  GATEWAY_TRUSTED_ISSUERS: 'https://id.example.com/',
  GATEWAY_AUDIENCES: 'app',
  GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
  GATEWAY_SESSION_KEY: Buffer.alloc(32, 1).toString('base64'),
};

function given<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('not shared');
  return part;
}

const inMemory = firstProcess('memory:');

describeSessionStore('memory of the first process', () => ({
  open: async () => given(inMemory().store),
  dump: undefined,
}));

describe('results in the memory of the first process', () => liveStoreSuite(() => given(inMemory().liveStore)));

describe('what workers share', () => {
  test('an ending reaches every worker before the one that made it goes on', async () => {
    const [one, two] = [given(inMemory().store), given(inMemory().store)];
    const received: Ending[] = [];
    for (const store of [one, two]) store.onEnded((ending) => received.push(ending));
    const key = 'a'.repeat(64) as SessionKey;
    await one.end(key, new Date(Date.now() + 60_000));
    expect(received).toEqual([{ key }, { key }]);
  });

  test('rates are counted once for all of them', async () => {
    const open = firstProcess('memory:', { loginsPerMinute: 3 });
    const [one, two] = [given(open().limits), given(open().limits)];
    const address = '192.0.2.7';
    expect((await one.consume('login', address)).used).toBe(1);
    expect((await two.consume('login', address)).used).toBe(2);
    expect((await one.consume('login', address)).reached).toBeUndefined();
    expect((await two.consume('login', address)).reached).toMatchObject({ policy: 'login', quota: 3 });
    await one.giveBack('login', address);
    const size = { perSecond: 1, burst: 2 };
    const [first, second] = [given(open().buckets), given(open().buckets)];
    expect((await first.take('starts 1', size, 2)).granted).toBe(2);
    expect((await second.take('starts 1', size, 1)).granted).toBe(0);
  });

  test('with a store that replicas share, only what it cannot count is in the first process', () => {
    expect(Object.keys(firstProcess('redis://127.0.0.1:1')())).toEqual([]);
    expect(Object.keys(firstProcess('nats://127.0.0.1:1')())).toEqual(['limits', 'buckets']);
    expect(Object.keys(inMemory())).toEqual(['store', 'liveStore', 'limits', 'buckets']);
  });
});
