import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGatewayClient, type GatewayClient, paged } from '../../client/noetl-gateway-client.ts';
import type { DevGateway } from '../../dev/start-dev.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;

beforeAll(async () => {
  dev = await startDevGateway();
});
afterAll(() => dev.stop());

async function loggedIn(user: string): Promise<GatewayClient> {
  const client = createGatewayClient({ url: dev.url });
  const answer = await client.login({ auth0_token: await dev.identityToken(user) });
  expect(answer).toMatchObject({ status: 'authenticated', user: { roles: expect.any(Array) } });
  return client;
}

describe('the client against a gateway', () => {
  test('login, validate, execute, wait, logout', async () => {
    const client = await loggedIn('developer');
    expect(await client.validate()).toMatchObject({ valid: true });
    const started = await client.executePlaybook({ name: 'regression_test/hello_world', variables: {} });
    expect(started).toMatchObject({ name: 'hello_world', status: 'running' });
    const over = await client.waitForExecution(started?.id ?? '', { timeoutMs: 15_000 });
    expect(over).toMatchObject({ id: started?.id, status: 'COMPLETED', path: 'regression_test/hello_world' });
    expect((await client.executions({ pageSize: 50 }))?.map((row) => row?.id)).toContain(started?.id);
    const { token } = client;
    await client.logout();
    expect(await client.validate(token)).toMatchObject({ valid: false });
  });

  test('run shows what happens and ends with the result; paging reads what was run', async () => {
    const client = await loggedIn('developer');
    const seen: (string | null)[] = [];
    const onUpdate = ({ status }: { readonly status: string | null }) => seen.push(status);
    const over = await client.run('regression_test/hello_world', { a: 1 }, { onUpdate, timeoutMs: 15_000 });
    expect(over.status).toBe('COMPLETED');
    expect(seen.at(-1)).toBe('COMPLETED');
    const ids: string[] = [];
    for await (const row of paged((page) => client.executions({ page, pageSize: 2 }))) ids.push(row.id);
    expect(ids).toContain(over.id);
  });

  test('watch gives the states as they come, by a stream, and by asking without one', async () => {
    const client = await loggedIn('developer');
    const states = async (watching: typeof client) => {
      const started = await client.executePlaybook({ name: 'regression_test/live', variables: { seconds: 2 } });
      const seen: string[] = [];
      for await (const { status, currentStep, steps } of watching.watch(started?.id ?? '', { timeoutMs: 20_000 })) {
        seen.push(`${status} ${currentStep} ${JSON.stringify(steps)}`);
      }
      return seen;
    };
    const streamed = await states(client);
    expect(streamed.at(-1)).toContain('COMPLETED end');
    expect(streamed.length).toBeGreaterThanOrEqual(3);
    expect(new Set(streamed).size).toBe(streamed.length);
    const { token = '' } = client;
    // A proxy in between that does not let streams through.
    const withoutStreams: typeof fetch = async (url, init) => {
      const isStream = new Headers(init?.headers).get('accept') === 'text/event-stream';
      return isStream ? new Response('no streams here', { status: 502 }) : fetch(url, init);
    };
    const polling = await states(createGatewayClient({ url: dev.url, token, fetch: withoutStreams }));
    expect(polling.at(-1)).toContain('COMPLETED end');
    await expect(client.watch('768000000000000000').next()).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
    const left = new AbortController();
    const started = await client.executePlaybook({ name: 'regression_test/slow', variables: { seconds: 30 } });
    const watching = client.watch(started?.id ?? '', { signal: left.signal });
    await watching.next();
    left.abort(new Error('left'));
    await expect(watching.next()).rejects.toThrow('left');
  });

  test('every field without required arguments answers with its type', async () => {
    const client = await loggedIn('admin');
    await Promise.all([
      client.executions(),
      client.playbooks(),
      client.dashboardStats(),
      client.upstreamHealth(),
      client.workerPools(),
      client.playbook({ path: 'regression_test/hello_world' }),
    ]);
  });

  test('what the grants do not give is an error with its code, and check-access reports it before', async () => {
    const client = await loggedIn('analyst');
    const path = 'system/cleanup';
    expect(await client.checkAccess(path, 'execute')).toMatchObject({ allowed: false, playbook_path: path });
    await expect(client.executePlaybook({ name: path })).rejects.toMatchObject({
      code: 'ERR_ACCESS_DENIED',
      status: 200,
    });
    await expect(client.execution({ id: 'exec-12345' })).rejects.toMatchObject({ code: 'ERR_REQUEST_INVALID' });
    await expect(client.execution({ id: '1' })).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  });

  test('without a session every call is a 401', async () => {
    const client = createGatewayClient({ url: dev.url, token: 'not-a-session' });
    await expect(client.executions()).rejects.toMatchObject({ code: 'ERR_SESSION_INVALID', status: 401 });
    await expect(client.logout()).rejects.toMatchObject({ status: 401 });
    await expect(createGatewayClient({ url: dev.url }).executions()).rejects.toMatchObject({
      code: 'ERR_TOKEN_MISSING',
    });
  });

  test('a refused login says why', async () => {
    const login = createGatewayClient({ url: dev.url }).login({ auth0_token: 'nonsense' });
    await expect(login).rejects.toMatchObject({ code: 'ERR_LOGIN_REJECTED', status: 401 });
  });
});
