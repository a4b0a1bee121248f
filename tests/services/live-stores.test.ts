import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { createNatsLiveStore } from '../../server/live/nats-live-store.ts';
import { createRedisLiveStore } from '../../server/live/redis-live-store.ts';
import { liveStoreSuite } from '../contract/live-store.suite.ts';
import { type ChildServer, hasProgram, startNats, startRedis } from '../support/child-server.ts';

const must = process.env['CI'] === 'true';
let server: ChildServer | undefined;
const at = (scheme: string) => `${scheme}://127.0.0.1:${server?.port}`;
const prefix = randomUUID();
const clock = Date.now;

describe.skipIf(!must && !hasProgram('redis-server'))('results in Redis', () => {
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.remove());
  liveStoreSuite(() => createRedisLiveStore({ url: at('redis'), clock, prefix }));
});

describe.skipIf(!must && !hasProgram('nats-server'))('results in JetStream', () => {
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server?.remove());
  liveStoreSuite(() => createNatsLiveStore({ url: at('nats'), clock, prefix, keepMs: 600_000 }));
});
