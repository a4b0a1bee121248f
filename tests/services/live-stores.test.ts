import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNatsStore } from '../../gateway/stores/nats-store.ts';
import { createRedisStore } from '../../gateway/stores/redis-store.ts';
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
  liveStoreSuite(() => createRedisStore({ space: 'results', url: at('redis'), clock, prefix }));
});

describe.skipIf(!must && !hasProgram('nats-server'))('results in JetStream', () => {
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server?.remove());
  const open = () => createNatsStore({ space: 'results', url: at('nats'), clock, prefix, keepMs: 600_000 });
  liveStoreSuite(open);

  test('a stream that was lost: a reader with an older id gets what is in the new one', async () => {
    const queue = randomUUID();
    const until = new Date(clock() + 60_000);
    const [reader, other] = [open(), open()];
    await reader.append(queue, 'old', until);
    const [last] = await reader.read(queue, undefined);
    expect(last?.text).toBe('old');
    expect(await reader.read(queue, last?.id)).toEqual([]);

    const admin = await connect({ servers: at('nats') });
    const jsm = await jetstreamManager(admin);
    for await (const { config } of jsm.streams.list()) {
      if (config.name.includes('results')) await jsm.streams.delete(config.name);
    }
    // Longer than the lost stream was, so that the older number is inside the new one.
    await expect.poll(() => other.append(queue, 'new', until).catch(() => false)).toBe(true);
    const before = Number(last?.id.split('-').at(-1));
    for (let n = 0; n <= before; n += 1) await other.append(queue, `more ${n}`, until);
    const texts = async (after: string | undefined) =>
      (await reader.read(queue, after).catch(() => [])).map(({ text }) => text);
    await expect.poll(() => texts(last?.id), { timeout: 10_000 }).toContain('new');
    let position = last?.id;
    const all: string[] = [];
    for (let page = await reader.read(queue, position); page.length > 0; page = await reader.read(queue, position)) {
      all.push(...page.map(({ text }) => text));
      position = page.at(-1)?.id;
    }
    expect(all).toEqual(['new', ...Array.from({ length: before + 1 }, (_, n) => `more ${n}`)]);
    // An id without a stream, as earlier releases gave it.
    expect(await texts('1000000')).toContain('new');
    expect(await texts('1')).not.toContain('new');
    await Promise.all([admin.close(), reader.close(), other.close()]);
  });
});
