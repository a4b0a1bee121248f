import { describe, expect, test } from 'vitest';
import { sessionKey } from '../../plugins/noetl-auth/session/session-token.ts';
import type { SessionStore } from '../../plugins/ports.ts';
import { type ChildServer, eventually, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { tokenOf } from '../support/session-fakes.ts';
import { createNatsSessionStore, createRedisSessionStore } from '../support/session-stores.ts';

const must = process.env['CI'] === 'true';
const options = { clock: Date.now, timeoutMs: 500 };
const redis = (url: string) => createRedisSessionStore({ url, ...options });
const nats = (url: string) => createNatsSessionStore({ url, ...options });

describe.each<[string, string, () => Promise<ChildServer>, (url: string) => SessionStore, string[], string[]]>([
  [
    'Redis',
    'redis-server',
    () => startRedis(['--requirepass', 'right@/1']),
    redis,
    ['redis://:right%40%2F1@'],
    ['redis://', 'redis://:wrong@', 'rediss://:right%40%2F1@'],
  ],
  [
    'NATS with a user',
    'nats-server',
    () => startNats('nats-server', ['--user', 'ada', '--pass', 'right@/1']),
    nats,
    ['nats://ada:right%40%2F1@'],
    ['nats://', 'nats://ada:wrong@', 'tls://ada:right%40%2F1@'],
  ],
  [
    'NATS with a token',
    'nats-server',
    () => startNats('nats-server', ['--auth', 'right']),
    nats,
    ['nats://right@'],
    ['nats://wrong@'],
  ],
])('%s', (_name, program, start, open, good, bad) => {
  test.skipIf(!must && !hasProgram(program))('takes credentials and TLS from the URL', async () => {
    const server = await start();
    try {
      for (const prefix of good) {
        const store = open(`${prefix}127.0.0.1:${server.port}`);
        await eventually(() =>
          store.ping().then(
            () => true,
            () => false,
          ),
        );
        await store.close();
      }
      for (const prefix of bad) {
        const store = open(`${prefix}127.0.0.1:${server.port}`);
        await expect(store.get(sessionKey(tokenOf('x')))).rejects.toMatchObject({ code: 'ERR_STORE' });
        await store.close();
      }
    } finally {
      await server.remove();
    }
  });
});
