import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { glob, readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasProgram, startNats, startRedis } from '../support/child-server.ts';
import { freePort } from '../support/free-port.ts';
import { type ImageFiles, layOutImage } from '../support/image-files.ts';
import { type LoopbackServer, serveOnLoopback } from '../support/loopback-server.ts';

/** The image's file set, started as the image starts it: production packages only, from an empty folder. */
let image: ImageFiles;
let noetl: LoopbackServer;
const started: ChildProcess[] = [];

beforeAll(async () => {
  image = await layOutImage();
  noetl = await serveOnLoopback((_, reply) => {
    reply.setHeader('content-type', 'application/json').end('{"items": []}');
  });
}, 120_000);

afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await noetl?.close();
  if (image !== undefined) await rm(image.folder, { recursive: true });
});

test('no package that only generates or tests is in it', () => {
  expect(image.packages).toEqual(expect.arrayContaining(['graphql-yoga', 'jose', 'undici']));
  const unwanted = /graphql-mesh|omnigraph|ts-morph|typescript|vitest|kubernetes-models|^node$/;
  expect(image.packages.filter((name) => unwanted.test(name))).toEqual([]);
});

test('runs from a bundle, with the licences of what is in it', async () => {
  const dist = `${image.folder}/dist`;
  const code = await Array.fromAsync(glob('**/*.js', { cwd: dist, exclude: ['bundle/**', 'pages/**'] }));
  expect(code.length).toBeLessThan(10);
  const licences = await readFile(`${dist}/bundle/licences.txt`, 'utf8');
  for (const name of ['graphql-yoga', 'undici', 'valibot']) expect(licences).toContain(`${name} `);
});

test('the config uses the package, and no second copy of its sources is in it', async () => {
  expect(await readFile(`${image.folder}/gateway.config.ts`, 'utf8')).toContain("from 'noetl-gateway';");
  expect(await Array.fromAsync(glob('plugins/**', { cwd: image.folder }))).toEqual([]);
});

test('answers /health, refuses all else without a session, and stops at SIGTERM with 0', async () => {
  const [port, internal] = [await freePort(), await freePort()];
  const child = serve({
    ROUTER_PORT: String(port),
    GATEWAY_INTERNAL_PORT: String(internal),
    GATEWAY_BIND: '127.0.0.1',
    NOETL_BASE_URL: noetl.url,
    GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
    GATEWAY_AUDIENCES: 'https://gateway.example.com/',
    GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
  });
  const health = await answer(`http://127.0.0.1:${port}/health`, child);
  expect(health.status).toBe(200);
  expect(await health.text()).toContain('ok');
  const graphql = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"query": "{ __typename }"}',
  });
  expect(graphql.status).toBe(401);
  const exit = once(child.process, 'exit');
  child.process.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

test('without issuer and audience it says what is missing and exits 1 before it listens', async () => {
  const child = serve({ ROUTER_PORT: String(await freePort()) });
  const [code] = await once(child.process, 'exit');
  expect(code).toBe(1);
  expect(child.said()).toMatch(/GATEWAY_TRUSTED_ISSUERS/);
  expect(child.said()).toMatch(/GATEWAY_AUDIENCES/);
});

test('doctor needs no package that is left out of it', async () => {
  const child = command(['doctor', '--json'], {
    NOETL_BASE_URL: noetl.url,
    ROUTER_PORT: String(await freePort()),
    GATEWAY_INTERNAL_PORT: String(await freePort()),
    GATEWAY_BIND: '127.0.0.1',
    GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
    GATEWAY_AUDIENCES: 'https://gateway.example.com/',
    GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
  });
  await once(child.process, 'close');
  const findings = JSON.parse(child.said()) as { check: string; outcome: string }[];
  const outcomes = new Map(findings.map(({ check, outcome }) => [check, outcome]));
  expect(Object.fromEntries(outcomes)).toMatchObject({ environment: 'fine', start: 'fine', upstream: 'fine' });
});

const stores = [
  ['redis-server', 'redis', () => startRedis()],
  ['nats-server', 'nats', () => startNats()],
] as const;

test.for(stores)(
  'doctor: a healthy %s is fine, and one that is down is not',
  async ([name, scheme, start], { skip }) => {
    if (process.env['CI'] !== 'true' && !hasProgram(name)) skip(`${name} is not installed`);
    const server = await start();
    const url = `${scheme}://127.0.0.1:${server.port}`;
    try {
      expect(await doctorOn(url)).toEqual({ code: 1, store: 'fine' });
    } finally {
      await server.remove();
    }
    expect(await doctorOn(url)).toEqual({ code: 1, store: 'problem' });
  },
);

/** What `doctor` finds of a store. Its code is 1 in any case: the issuer of this test does not answer. */
async function doctorOn(store: string) {
  const child = command(['doctor', '--json'], {
    NOETL_BASE_URL: noetl.url,
    ROUTER_PORT: String(await freePort()),
    GATEWAY_INTERNAL_PORT: String(await freePort()),
    GATEWAY_BIND: '127.0.0.1',
    GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/',
    GATEWAY_AUDIENCES: 'https://gateway.example.com/',
    GATEWAY_SESSION_STORE: store,
    GATEWAY_SESSION_KEY: Buffer.alloc(32, 7).toString('base64'),
  });
  const [code] = await once(child.process, 'close');
  const findings = JSON.parse(child.said()) as { check: string; outcome: string }[];
  return { code, store: findings.find(({ check }) => check === 'store')?.outcome };
}

interface Child {
  readonly process: ChildProcess;
  readonly said: () => string;
}

function serve(environment: Readonly<Record<string, string>>): Child {
  return command(['serve'], environment);
}

/** A command of the package in the image, in place of its `serve`. */
function command(given: readonly string[], environment: Readonly<Record<string, string>>): Child {
  const args = image.command.slice(1).flatMap((word) => (word === 'serve' ? given : [word]));
  // A link counts as the place where it lies, so that a package sees the other production packages only.
  const child = spawn(process.execPath, ['--max-semi-space-size=16', '--preserve-symlinks', ...args], {
    cwd: image.folder,
    env: { NODE_ENV: 'production', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += String(chunk)));
  return { process: child, said: () => text };
}

/** The first answer; @throws with what the process said when it ends before */
async function answer(url: string, child: Child): Promise<Response> {
  for (;;) {
    if (child.process.exitCode !== null) throw new Error(`the process ended: ${child.said()}`);
    const reply = await fetch(url).catch(() => undefined);
    if (reply !== undefined) return reply;
    await new Promise((next) => setTimeout(next, 20));
  }
}
