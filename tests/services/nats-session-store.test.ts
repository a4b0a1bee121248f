import { randomUUID } from 'node:crypto';
import { Kvm } from '@nats-io/kv';
import { connect } from '@nats-io/transport-node';
import { afterAll, describe, test } from 'vitest';
import { userKey } from '../../gateway/stores/session-record.ts';
import { describeSessionStore } from '../contract/session-store.suite.ts';
import { hasProgram, isListening, startNats } from '../support/child-server.ts';
import { describeOutages } from '../support/outage-suite.ts';
import { describeSessionIndex } from '../support/session-index-suite.ts';
import { createNatsSessionStore } from '../support/session-stores.ts';
import { testSeal } from '../support/store-seal.ts';

const must = process.env['CI'] === 'true';
const port = 4222;
const bucket = `gateway_test_${randomUUID().replaceAll('-', '')}`;
const url = `nats://127.0.0.1:${port}?bucket=${bucket}`;
/** Another server than the one on the path: servers from 2.11 on let single values expire. */
const program = process.env['NATS_SERVER'] ?? 'nats-server';

async function withBucket<T>(at: number, name: string, work: (kv: Awaited<ReturnType<Kvm['open']>>) => Promise<T>) {
  const nc = await connect({ servers: `127.0.0.1:${at}` });
  try {
    return await work(await new Kvm(nc).open(name));
  } finally {
    await nc.close();
  }
}

if (must || (await isListening(port))) {
  afterAll(() => withBucket(port, bucket, (kv) => kv.destroy()));
  describeSessionStore('NATS', () => ({
    open: async () => createNatsSessionStore({ url, clock: Date.now, seal: testSeal }),
    dump: () =>
      withBucket(port, bucket, async (kv) => {
        const kept: string[] = [];
        for await (const entry of await kv.history()) kept.push(entry.key, entry.string());
        return kept.join('\n');
      }),
  }));
} else {
  describe('NATS', () => test.skip(`no server on 127.0.0.1:${port}`, () => {}));
}

if (must || (await isListening(port))) {
  const indexAt = (userId: string) => `noetl-gateway.sessions-of.${userKey(userId)}.`;
  describeSessionIndex('NATS', {
    open: () => createNatsSessionStore({ url, clock: Date.now, seal: testSeal }),
    plant: (userId, key, text) =>
      withBucket(port, bucket, async (kv) => void (await kv.put(indexAt(userId) + key, text))),
    write: (key, text) =>
      withBucket(port, bucket, async (kv) => void (await kv.put(`noetl-gateway.session.${key}`, text))),
    entries: (userId) =>
      withBucket(port, bucket, async (kv) => {
        const kept: string[] = [];
        for await (const entry of await kv.history({ key: `${indexAt(userId)}*` })) {
          if (entry.operation === 'PUT' && entry.string() !== '') kept.push(entry.key);
        }
        return kept;
      }),
  });
}

if (must || hasProgram(program)) {
  describeOutages('NATS', {
    start: () => startNats(program),
    open: (at) =>
      createNatsSessionStore({ url: `nats://127.0.0.1:${at}`, clock: Date.now, timeoutMs: 500, seal: testSeal }),
    write: (at, key, text, how) =>
      withBucket(at, 'noetl_gateway_sessions', async (kv) => {
        const place = `noetl-gateway.session.${key}`;
        await kv.put(place, how === 'sealed' ? testSeal.seal(place, text) : text);
      }),
  });
} else {
  describe('NATS in trouble', () => test.skip('no nats-server here', () => {}));
}
