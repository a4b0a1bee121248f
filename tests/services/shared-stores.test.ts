import { randomUUID } from 'node:crypto';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNatsStore } from '../../gateway/stores/nats-store.ts';
import { createRedisStore } from '../../gateway/stores/redis-store.ts';
import { sharedStoreSuite } from '../contract/shared-store.suite.ts';
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
  const open = () => createRedisStore({ space: 'results', url: at('redis'), clock, prefix });
  sharedStoreSuite(open);

  test('a group holds 1,000 members at most, and those that end first leave', async () => {
    const store = open();
    const end = clock() + 60_000;
    for (let n = 0; n < 1_010; n += 1) await store.add('many', `m${n}`, 'text', new Date(end + n));
    const members = await store.members('many');
    expect(members.size).toBe(1_000);
    expect([members.has('m9'), members.has('m10')]).toEqual([false, true]);
    await store.close();
  });
});

describe.skipIf(!must && !hasProgram('nats-server'))('results in JetStream', () => {
  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server?.remove());
  const open = () => createNatsStore({ space: 'results', url: at('nats'), clock, prefix, keepMs: 600_000 });
  sharedStoreSuite(open);

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
