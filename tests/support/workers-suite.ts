import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GatewayHealth } from '../../gateway/console/gateway-health.ts';
import { eventually } from './child-server.ts';
import { type ServeProcess, startServe } from './serve-process.ts';

/** A connection for each request: the kernel gives each to any of the workers. */
const ownConnection = { connection: 'close' };

/** Whether a session is valid, asked over several connections: every worker is asked, but for one in a million times. */
async function validities(serve: ServeProcess, token: string): Promise<readonly boolean[]> {
  const asked = Array.from({ length: 20 }, async () => {
    const answer = await fetch(`${serve.url}/api/auth/validate`, {
      method: 'POST',
      headers: { ...ownConnection, 'content-type': 'application/json' },
      body: JSON.stringify({ session_token: token }),
    });
    return ((await answer.json()) as { valid?: boolean }).valid === true;
  });
  return [...new Set(await Promise.all(asked))];
}

async function metric(serve: ServeProcess, name: string): Promise<number | undefined> {
  const answer = await fetch(`${serve.internalUrl}/metrics`, { headers: ownConnection });
  const line = (await answer.text()).split('\n').find((text) => text.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

/** Process ids of the workers. */
const workersOf = ({ child: { pid } }: ServeProcess): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);

const allListen = (serve: ServeProcess) => serve.output().includes('every worker listens');

/** What two workers of one gateway promise, whatever store they share. */
export function workersSuite(environment: () => Record<string, string>): void {
  let serve: ServeProcess;
  beforeAll(async () => {
    serve = await startServe({ GATEWAY_WORKERS: '2', ...environment() });
    await eventually(() => allListen(serve), 60_000);
  }, 120_000);
  afterAll(() => serve?.close());

  test('a login succeeds whichever worker gets its callback, and every worker knows the session', async () => {
    for (let n = 0; n < 6; n += 1) {
      const token = await serve.login('developer@example.com');
      expect(await validities(serve, token)).toEqual([true]);
    }
    expect(await metric(serve, 'noetl_gateway_login_total{outcome="succeeded"}')).toBe(6);
  });

  test('a session that is ended at one worker is refused by both', async () => {
    const token = await serve.login('developer@example.com');
    expect(await validities(serve, token)).toEqual([true]);
    await fetch(`${serve.url}/api/auth/logout`, {
      method: 'POST',
      headers: { ...ownConnection, 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: '{}',
    });
    await eventually(async () => (await validities(serve, token)).join() === 'false', 1_000);
  });

  test('the console has the audit lines and numbers of both, whichever answers', async () => {
    const token = await serve.login('admin@example.com');
    const ask = async <T>(name: string, input?: object): Promise<T> => {
      const answer = await fetch(`${serve.internalUrl}/console/api/${name}`, {
        method: input === undefined ? 'GET' : 'POST',
        headers: { ...ownConnection, 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(input !== undefined && { body: JSON.stringify(input) }),
      });
      return (await answer.json()) as T;
    };
    const looks = Array.from({ length: 12 }, async () => {
      const { found, workers, answered } = await ask<Record<string, number>>('audit', { audit: 'login' });
      const { recent } = await ask<{ recent: { codes: unknown[] } }>('health');
      return JSON.stringify({ found, workers, answered, codes: recent.codes });
    });
    const [all = '{}', ...others] = new Set(await Promise.all(looks));
    expect(others).toEqual([]);
    expect(JSON.parse(all)).toMatchObject({ workers: 2, answered: 2 });
    expect(JSON.parse(all).found).toBe(await metric(serve, 'noetl_gateway_login_total{outcome="succeeded"}'));
  });

  test('health names the worker that answers as the list of replicas names it', async () => {
    const token = await serve.login('admin@example.com');
    const look = async () => {
      const headers = { ...ownConnection, authorization: `Bearer ${token}` };
      const answer = await fetch(`${serve.internalUrl}/console/api/health`, { headers });
      const { process, replicas = [] } = (await answer.json()) as GatewayHealth;
      return { answers: process.replica, listed: replicas.map(({ replica }) => replica) };
    };
    const workers = [1, 2].map((place) => `${hostname()}, worker ${place}`);
    await eventually(async () => (await look()).listed.length === 2);
    const looks = await Promise.all(Array.from({ length: 20 }, look));
    for (const { listed } of looks) expect(listed).toEqual(workers);
    expect([...new Set(looks.map(({ answers }) => answers))].toSorted()).toEqual(workers);
  });

  test('one /metrics and one /ready speak for both', async () => {
    const before = (await metric(serve, 'noetl_gateway_requests_total{route="/health",status="2xx"}')) ?? 0;
    await Promise.all(Array.from({ length: 40 }, () => fetch(`${serve.url}/health`, { headers: ownConnection })));
    expect(await metric(serve, 'noetl_gateway_requests_total{route="/health",status="2xx"}')).toBe(before + 40);
    expect(await metric(serve, 'noetl_gateway_workers')).toBe(2);
    const ready = await fetch(`${serve.internalUrl}/ready`, { headers: ownConnection });
    expect(ready.status).toBe(200);
    expect((await fetch(`${serve.internalUrl}/health`)).status).toBe(200);
  });

  test('a worker that is killed is started again; the other one serves, and no count and no session is lost', async () => {
    const token = await serve.login('developer@example.com');
    const logins = await metric(serve, 'noetl_gateway_login_total{outcome="succeeded"}');
    const [first = 0] = workersOf(serve);
    process.kill(first, 'SIGKILL');
    await eventually(() => !workersOf(serve).includes(first));
    await eventually(async () => (await metric(serve, 'noetl_gateway_worker_restarts_total')) === 1);
    await eventually(async () => (await metric(serve, 'noetl_gateway_workers')) === 2);
    await eventually(() => serve.output().split('"msg":"listening"').length === 4, 60_000);
    expect(await validities(serve, token)).toEqual([true]);
    expect(await metric(serve, 'noetl_gateway_login_total{outcome="succeeded"}')).toBe(logins);
    expect(serve.output()).toContain('a worker has ended; another one takes its place');
  }, 90_000);

  test('SIGTERM finishes what is in flight in every worker, takes nothing new, and exits 0', async () => {
    const token = await serve.login('developer@example.com');
    const held = Promise.withResolvers<void>();
    let arrived = 0;
    serve.noetl.intercept = async ({ path, text }) => {
      if (path !== '/api/execute' || !text.includes('hello_world')) return undefined;
      arrived += 1;
      await held.promise;
      return undefined;
    };
    const answers = Array.from({ length: 8 }, async () => {
      const answer = await fetch(`${serve.url}/graphql`, {
        method: 'POST',
        headers: { ...ownConnection, 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: 'mutation { executePlaybook(name: "regression_test/hello_world") { id } }' }),
      });
      return answer.status;
    });
    await eventually(() => arrived === 8);
    const exit = once(serve.child, 'exit');
    serve.child.kill('SIGTERM');
    await eventually(() =>
      fetch(`${serve.url}/health`, { headers: ownConnection }).then(
        () => false,
        () => true,
      ),
    );
    expect(serve.child.exitCode).toBeNull();
    held.resolve();
    expect(await Promise.all(answers)).toEqual(Array(8).fill(200));
    expect(await exit).toEqual([0, null]);
  }, 60_000);
}
