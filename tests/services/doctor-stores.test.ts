import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDevIssuer, type DevIssuer } from '../../dev/issuer.ts';
import { createNoetlStandIn, type NoetlStandIn } from '../../dev/noetl/stand-in.ts';
import { type ChildServer, hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { cliProcess } from '../support/cli-process.ts';
import { freePort } from '../support/free-port.ts';
import { keyPair } from '../support/key-pairs.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const must = process.env['CI'] === 'true';
let issuer: DevIssuer;
let noetl: NoetlStandIn;
const servers: Pick<ChildServer, 'remove'>[] = [];

beforeAll(async () => {
  issuer = await createDevIssuer({ clock: Date.now, makeKeyPair: keyPair, audience: 'app', users: [] });
  noetl = await createNoetlStandIn();
});
afterAll(async () => {
  for (const server of servers) await server.remove();
  await Promise.allSettled([issuer.close(), noetl.close()]);
});

/** The command as an operator runs it, in front of a NoETL and an issuer that answer. */
async function doctor(store: string) {
  const run = await cliProcess(['doctor'], {
    GATEWAY_TRUSTED_ISSUERS: issuer.issuer,
    GATEWAY_AUDIENCES: 'app',
    NOETL_BASE_URL: noetl.url.href,
    GATEWAY_BIND: '127.0.0.1',
    ROUTER_PORT: String(await freePort()),
    GATEWAY_INTERNAL_PORT: String(await freePort()),
    GATEWAY_SESSION_STORE: store,
    GATEWAY_SESSION_KEY: Buffer.alloc(32, 1).toString('base64'),
  });
  return { ...run, store: run.out.split('\n').filter((line) => / store {2}/.test(line)) };
}

async function started(server: Promise<ChildServer>): Promise<number> {
  const running = await server;
  servers.push(running);
  return running.port;
}

interface Case {
  readonly name: string;
  readonly url: () => Promise<string>;
  readonly code: 0 | 1;
  readonly line: RegExp;
}

const nothing = async (scheme: string) => `${scheme}://127.0.0.1:${await freePort()}`;

/** A server that hangs: the system takes the connection, and no word comes. */
async function silent(scheme: string): Promise<string> {
  const server = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push({ remove: async () => void server.close() });
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const redisCases: readonly Case[] = [
  {
    name: 'healthy, with a password',
    url: async () => `redis://:right@127.0.0.1:${await started(startRedis(['--requirepass', 'right']))}`,
    code: 0,
    line: /^ok +store +the redis session store answers$/,
  },
  {
    name: 'healthy, and each answer takes 100 ms',
    async url() {
      const proxy = await startTcpProxy(await started(startRedis()));
      proxy.slowBy(100);
      return `redis://127.0.0.1:${proxy.port}`;
    },
    code: 0,
    line: /^ok /,
  },
  {
    name: 'wrong password',
    url: async () => `redis://:wrong@127.0.0.1:${await started(startRedis(['--requirepass', 'right']))}`,
    code: 1,
    line: /^PROBLEM +store .*AUTHENTICATION -> .*GATEWAY_SESSION_STORE/,
  },
  {
    name: 'a user that may not subscribe',
    async url() {
      const user = ['--user', 'ada', 'on', '>right', '~*', '&*', '+@all', '-subscribe'];
      return `redis://ada:right@127.0.0.1:${await started(startRedis(user))}`;
    },
    code: 1,
    line: /^PROBLEM +store .*PERMISSION -> .*docs\/sessions\.md/,
  },
  {
    name: 'its memory is full, so that it reads and does not write',
    url: async () => `redis://127.0.0.1:${await started(startRedis(['--maxmemory', '1']))}`,
    code: 1,
    line: /^PROBLEM +store .*OUT_OF_MEMORY -> .*takes no writes/,
  },
  {
    name: 'takes connections and says nothing',
    url: () => silent('redis'),
    code: 1,
    line: /^PROBLEM +store +the redis session store does not answer/,
  },
  {
    name: 'nothing listens',
    url: () => nothing('redis'),
    code: 1,
    line: /^PROBLEM +store .*ECONNREFUSED -> nothing listens.*GATEWAY_SESSION_STORE/,
  },
];

const withPassword = ['--user', 'ada', '--pass', 'right'];
const natsCases: readonly Case[] = [
  {
    name: 'healthy, with a password',
    url: async () => `nats://ada:right@127.0.0.1:${await started(startNats('nats-server', withPassword))}`,
    code: 0,
    line: /^ok +store +the nats session store answers$/,
  },
  {
    name: 'wrong password',
    url: async () => `nats://ada:wrong@127.0.0.1:${await started(startNats('nats-server', withPassword))}`,
    code: 1,
    line: /^PROBLEM +store .*AUTHENTICATION -> .*GATEWAY_SESSION_STORE/,
  },
  {
    name: 'JetStream is off',
    url: async () => `nats://127.0.0.1:${await started(startNats('nats-server', ['--js=false']))}`,
    code: 1,
    line: /^PROBLEM +store .*JETSTREAM_OFF -> .*JetStream/,
  },
  {
    name: 'takes connections and says nothing',
    url: () => silent('nats'),
    code: 1,
    line: /^PROBLEM +store +the nats session store does not answer/,
  },
  {
    name: 'nothing listens',
    url: () => nothing('nats'),
    code: 1,
    line: /^PROBLEM +store .*ECONNREFUSED -> nothing listens.*GATEWAY_SESSION_STORE/,
  },
];

describe.each([
  { kind: 'Redis', program: 'redis-server', cases: redisCases },
  { kind: 'NATS', program: 'nats-server', cases: natsCases },
])('doctor and a $kind store', ({ program, cases }) => {
  test.skipIf(!must && !hasProgram(program)).each(cases)('$name', async ({ url, code, line }) => {
    const run = await doctor(await url());
    expect(run.store).toEqual([expect.stringMatching(line)]);
    expect({ code: run.code, err: run.err }).toEqual({ code, err: '' });
    expect(run.out).not.toMatch(/right|wrong/);
  });
});
