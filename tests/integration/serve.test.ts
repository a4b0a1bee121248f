import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { graphql } from '../support/dev-gateway.ts';
import { runServe, type ServeProcess, startServe } from '../support/serve-process.ts';

describe('serve, before it listens', () => {
  it('says everything that is wrong with its environment, and exits 1', async () => {
    const { child, output } = runServe({ ROUTER_PORT: 'http', LOG_LEVEL: 'loud', GATEWAY_AUTH_BYPASS: 'true' });
    const [code] = await once(child, 'exit');
    expect(code).toBe(1);
    for (const name of [
      'GATEWAY_TRUSTED_ISSUERS',
      'GATEWAY_AUDIENCES',
      'ROUTER_PORT',
      'LOG_LEVEL',
      'GATEWAY_AUTH_BYPASS',
    ]) {
      expect(output()).toContain(`- ${name}:`);
    }
    expect(output()).toMatch(/GATEWAY_TRUSTED_ISSUERS: .*Set it to .*for example https:\/\/tenant\.example\.com\//);
    expect(output()).toMatch(/GATEWAY_AUDIENCES: .*Set it to the client id/);
  });

  it('says which port is taken, and the way out', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const { child, output } = runServe({
      GATEWAY_TRUSTED_ISSUERS: 'https://tenant.example.com/',
      GATEWAY_AUDIENCES: 'app',
      GATEWAY_SESSION_ACCEPT_MEMORY: 'true',
      GATEWAY_BIND: '127.0.0.1',
      GATEWAY_INTERNAL_PORT: '0',
      ROUTER_PORT: String(port),
    });
    const [code] = await once(child, 'exit');
    blocker.close();
    expect(code).toBe(1);
    expect(output()).toContain(`127.0.0.1:${port}`);
    expect(output()).toContain('ROUTER_PORT');
  });
});

describe('serve', () => {
  let serve: ServeProcess;
  beforeAll(async () => {
    serve = await startServe();
  });
  afterAll(() => serve.close());

  const execute = (token: string, name: string) =>
    graphql(serve.url, token, { query: `mutation { executePlaybook(name: "${name}") { id } }` });

  it('keeps callbacks, metrics and readiness off the public port', async () => {
    for (const path of ['/ready', '/metrics', '/api/internal/callback', '/api/internal/callback/async', '/cb/x']) {
      const answer = await fetch(serve.url + path, { method: path.startsWith('/api') ? 'POST' : 'GET' });
      expect(answer.status).toBe(404);
    }
    expect((await fetch(`${serve.internalUrl}/ready`)).status).toBe(200);
    expect(await (await fetch(`${serve.internalUrl}/metrics`)).text()).toContain('noetl_gateway_login_total');
  });

  it('is not ready when NoETL does not answer a read, and lives on', async () => {
    serve.noetl.intercept = () => ({ status: 500, body: { detail: 'relation "noetl.event" does not exist' } });
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const answer = await fetch(`${serve.internalUrl}/ready`);
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toContain('relation');
    expect((await fetch(`${serve.url}/health`)).status).toBe(200);
    serve.noetl.intercept = undefined;
  });

  it('gives NoETL the peer’s address, whatever the caller says', async () => {
    const token = await serve.issuer.token('auth|developer');
    await fetch(`${serve.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': "1.2.3.4'::inet" },
      body: JSON.stringify({ auth0_token: token, client_ip: "1.2.3.4'::inet & '255.255.0.0" }),
    });
    const sent = serve.noetl.requests.findLast(({ path }) => path === '/api/execute');
    expect(JSON.stringify(sent?.body)).toContain('"client_ip":"127.0.0.1"');
    expect(JSON.stringify(sent?.body)).not.toContain('inet');
  });

  it('answers 400 for a body that is not JSON, 415 for one that is something else, 413 for one that is too large', async () => {
    const token = await serve.login('developer@example.com');
    const send = async (body: string, type = 'application/json') =>
      (
        await fetch(`${serve.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': type, authorization: `Bearer ${token}` },
          body,
        })
      ).status;
    expect(await send('{')).toBe(400);
    expect(await send('query=%7B__typename%7D', 'application/x-www-form-urlencoded')).toBe(415);
    expect(await send(JSON.stringify({ query: `{ __typename } # ${'x'.repeat(1024 * 1024)}` }))).toBe(413);
  });

  it('never writes a token', async () => {
    const identity = await serve.issuer.token('auth|developer');
    const token = await serve.login('developer@example.com');
    await graphql(serve.url, token, { query: '{ executions { id } }' });
    await graphql(serve.url, `${token}x`, { query: '{ executions { id } }' });
    await fetch(`${serve.url}/${token}?session_token=${token}`);
    await fetch(`${serve.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth0_token: `${identity}x` }),
    });
    const metrics = await (await fetch(`${serve.internalUrl}/metrics`)).text();
    for (const secret of [token, identity, identity.split('.')[2] ?? 'none']) {
      expect(serve.output()).not.toContain(secret);
      expect(metrics).not.toContain(secret);
    }
  });

  it('finishes what is in flight at SIGTERM, takes nothing new, and exits 0', async () => {
    const token = await serve.login('developer@example.com');
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      serve.noetl.intercept = async ({ path }) => {
        if (path !== '/api/execute') return undefined;
        resolve();
        await held;
        return undefined;
      };
    });
    const inFlight = execute(token, 'regression_test/hello_world');
    await arrived;
    const ended = serve.terminate();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(fetch(`${serve.url}/health`)).rejects.toThrow();
    release();
    expect((await inFlight).body.data?.['executePlaybook']).toMatchObject({ id: expect.stringMatching(/^\d+$/) });
    expect(await ended).toBe(0);
  });
});

describe('readiness of logins', () => {
  it('is not ready, and says why, while auth playbooks do not call back and no issuer can be read', async () => {
    const serve = await startServe({ GATEWAY_TRUSTED_ISSUERS: 'http://127.0.0.1:1/' });
    try {
      serve.noetl.intercept = ({ path }) =>
        path === '/api/execute' ? { status: 404, body: { detail: 'not in the catalog' } } : undefined;
      await expect.poll(serve.output).toContain('"of":"http://127.0.0.1:1/"');
      const answer = await fetch(`${serve.internalUrl}/ready`);
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        checks: { upstream: 'ok', callback: 'failing', issuers: 'failing' },
      });
      expect((await fetch(`${serve.url}/health`)).status).toBe(200);
    } finally {
      await serve.close();
    }
  });
});
