import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DevGateway } from '../../dev/start-dev.ts';
import shipped from '../../gateway.config.ts';
import { startDevGateway } from '../support/dev-gateway.ts';

let dev: DevGateway;
const tokens = new Map<string, string>();

beforeAll(async () => {
  const config = {
    ...shipped,
    mcp: { playbooks: ['data/*', 'regression_test/hello_world', 'system/*', 'api_integration/*'] },
  };
  dev = await startDevGateway({ config: config as never });
  for (const user of ['admin', 'developer', 'analyst', 'viewer'])
    tokens.set(user, (await dev.login(user)).sessionToken);
});
afterAll(async () => dev?.stop());

const newest = '2026-07-28';

async function connected(
  token: string | undefined,
  mode: 'legacy' | { pin: string } = { pin: newest },
): Promise<Client> {
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${dev.url}/mcp`), { requestInit: { headers } }));
  return client;
}
const as = (user: string) => connected(tokens.get(user));
const names = async (user: string) => (await (await as(user)).listTools()).tools.map(({ name }) => name);

interface Called {
  readonly isError?: boolean;
  readonly content: readonly { readonly text: string }[];
}
const call = async (client: Client, name: string, args: Record<string, unknown> = {}) => {
  const result = (await client.callTool({ name, arguments: args })) as unknown as Called;
  return { isError: result.isError === true, text: result.content[0]?.text ?? '' };
};

describe('/mcp, by the SDK’s own client', () => {
  it('lists what the grants give, and nothing else', async () => {
    expect(await names('developer')).toEqual(
      expect.arrayContaining([
        'executePlaybook',
        'execution',
        'executions',
        'playbooks',
        'playbook',
        'cancelExecution',
      ]),
    );
    const viewer = await names('viewer');
    expect(viewer).toEqual(expect.arrayContaining(['execution', 'executions', 'playbooks']));
    for (const name of ['executePlaybook', 'rerunExecution', 'cancelExecution']) expect(viewer).not.toContain(name);
    for (const user of ['admin', 'developer']) {
      for (const name of ['credentials', 'registerPlaybook', 'workerPools', 'endSessions']) {
        expect(await names(user)).not.toContain(name);
      }
    }
  });

  it('speaks the newest version of the protocol, and the one before it', async () => {
    const client = await as('developer');
    expect(client.getNegotiatedProtocolVersion()).toBe(newest);
    const older = await connected(tokens.get('developer'), 'legacy');
    expect(older.getNegotiatedProtocolVersion()).not.toBe(newest);
    const names = async (one: Client) => (await one.listTools()).tools.map(({ name }) => name);
    expect(await names(older)).toEqual(await names(client));
    expect((await call(older, 'executions', { pageSize: 1 })).isError).toBe(false);
  });

  it('describes tools by the schema', async () => {
    const { tools } = await (await as('developer')).listTools();
    const start = tools.find(({ name }) => name === 'executePlaybook');
    expect(start?.description).toContain('Starts a playbook');
    expect(start?.inputSchema).toMatchObject({ required: ['name'], properties: { name: { type: 'string' } } });
    expect(start?.inputSchema.properties).not.toHaveProperty('waitSeconds');
    expect(tools.find(({ name }) => name === 'executions')?.annotations?.readOnlyHint).toBe(true);
    expect(tools.find(({ name }) => name === 'cancelExecution')?.annotations?.destructiveHint).toBe(true);
  });

  it('names the bounds of arguments, and requires what the access rule is on', async () => {
    const client = await as('developer');
    const { tools } = await client.listTools();
    const input = (tool: string) => tools.find(({ name }) => name === tool)?.inputSchema;
    expect(input('executionEvents')).toMatchObject({
      required: ['id'],
      properties: { pageSize: { type: 'integer', minimum: 10, maximum: 500 }, page: { minimum: 1 } },
    });
    // Its `path` is optional for NoETL, which takes an id of an entry instead.
    expect(input('playbook')?.required).toEqual(['path']);
    // The SDK's client compares results with it.
    const output = (tool: string) => tools.find(({ name }) => name === tool)?.outputSchema;
    expect(output('execution')).toMatchObject({
      type: 'object',
      properties: { startedAt: { type: ['string', 'null'] } },
    });
    expect(output('executions')).toBeUndefined();
    const refused = await call(client, 'executionEvents', { id: '12', pageSize: 2 });
    expect(refused).toEqual({ isError: true, text: 'ERR_REQUEST_INVALID: pageSize must be between 10 and 500' });
  });

  it('starts a playbook, waits, and answers with the result, digit for digit', async () => {
    const { isError, text } = await call(await as('developer'), 'executePlaybook', {
      name: 'regression_test/big_integers',
    });
    expect(isError).toBe(false);
    expect(JSON.parse(text)).toMatchObject({ status: 'COMPLETED', path: 'regression_test/big_integers' });
    expect(text).toContain('9007199254740993');
  });

  it('reads an execution, and cancels one', async () => {
    const client = await as('developer');
    const { text } = await call(client, 'executePlaybook', { name: 'regression_test/hello_world' });
    const { id } = JSON.parse(text) as { id: string };
    expect(JSON.parse((await call(client, 'execution', { id })).text)).toMatchObject({ id, status: 'COMPLETED' });
    expect((await call(client, 'cancelExecution', { id })).text).toContain('already');
    expect(JSON.parse((await call(client, 'executions', { pageSize: 5 })).text).length).toBeGreaterThan(0);
  });

  it('is decided as GraphQL is', async () => {
    const analyst = await as('analyst');
    const before = dev.noetl.requests.filter(({ path }) => path === '/api/execute').length;
    const denied = await call(analyst, 'executePlaybook', { name: 'system/cleanup' });
    expect(denied).toEqual({ isError: true, text: 'ERR_ACCESS_DENIED: you may not do this' });
    const reserved = await call(await as('admin'), 'executePlaybook', { name: 'api_integration/auth0/auth0_login' });
    expect(reserved.text).toContain('ERR_ACCESS_DENIED');
    const template = await call(analyst, 'executePlaybook', { name: 'data/report', variables: { a: '{{ 7*7 }}' } });
    expect(template).toMatchObject({ isError: true, text: expect.stringContaining('template marks') });
    // Not listed for a viewer; the call is decided, and denied.
    expect((await call(await as('viewer'), 'executePlaybook', { name: 'data/report' })).text).toContain(
      'ERR_ACCESS_DENIED',
    );
    expect(dev.noetl.requests.filter(({ path }) => path === '/api/execute').length).toBe(before);
    await expect(call(analyst, 'credentials')).rejects.toThrow(/no such tool/);
    await expect(call(analyst, 'endSessions', { userId: '1' })).rejects.toThrow(/no such tool/);
    const wrong = await call(analyst, 'execution', { id: '12', other: true });
    expect(wrong.isError).toBe(true);
  });

  it('offers playbooks as tools, each for those who may execute it', async () => {
    const { tools } = await (await as('analyst')).listTools();
    const own = tools.filter(({ name }) => name.startsWith('playbook_'));
    expect(own.map(({ title }) => title)).toEqual(['data/report']);
    const { tools: forDevelopers } = await (await as('developer')).listTools();
    const titles = forDevelopers.filter(({ name }) => name.startsWith('playbook_')).map(({ title }) => title);
    expect(titles).toEqual(['api_integration/amadeus_ai_api', 'data/report', 'regression_test/hello_world']);
    const hello = forDevelopers.find(({ title }) => title === 'regression_test/hello_world');
    expect(hello?.inputSchema).toMatchObject({ properties: { name: { type: 'string' } } });
    expect(JSON.stringify(hello?.inputSchema)).not.toContain('world');
    const ran = await call(await as('developer'), hello?.name ?? '', { name: 'Ada' });
    expect(JSON.parse(ran.text)).toMatchObject({ path: 'regression_test/hello_world', status: 'COMPLETED' });
    expect((await call(await as('viewer'), hello?.name ?? '', {})).text).toContain('ERR_ACCESS_DENIED');
    expect((await names('viewer')).filter((name) => name.startsWith('playbook_'))).toEqual([]);
  });
});

const ping = { jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} };
const post = (headers: Record<string, string>, body: unknown = ping) =>
  fetch(`${dev.url}/mcp`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
    body: JSON.stringify(body),
  });
const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });

describe('who may connect', () => {
  it('challenges callers without a session, and says where programs log in', async () => {
    const none = await post({});
    expect(none.status).toBe(401);
    const challenge = none.headers.get('www-authenticate') ?? '';
    const url = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '';
    expect(url).toBe(`${dev.url}/.well-known/oauth-protected-resource/mcp`);
    expect(await (await fetch(url)).json()).toMatchObject({
      resource: `${dev.url}/mcp`,
      authorization_servers: [dev.issuer.issuer],
      bearer_methods_supported: ['header'],
    });
    expect((await post(bearer('f'.repeat(32)))).headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  it('takes a token of the configured provider, once for many calls, and no other', async () => {
    const token = await dev.identityToken('analyst');
    const before = dev.noetl.requests.filter(({ path }) => path === '/api/execute').length;
    for (let round = 0; round < 3; round += 1) expect((await post(bearer(token))).status).toBe(200);
    expect(dev.noetl.requests.filter(({ path }) => path === '/api/execute').length).toBe(before + 1);
    const client = await connected(token);
    expect((await call(client, 'executePlaybook', { name: 'system/cleanup' })).text).toContain('ERR_ACCESS_DENIED');
    const [header, , signature] = token.split('.');
    const claims = { iss: dev.issuer.issuer, sub: 'dev|admin', email: 'admin@example.com', exp: 4_102_444_800 };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    expect((await post(bearer(forged))).status).toBe(401);
  });

  it('does not bring back a session that was ended, by the provider’s token', async () => {
    const token = await dev.identityToken('viewer');
    expect((await post(bearer(token))).status).toBe(200);
    await fetch(`${dev.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...bearer(tokens.get('admin')) },
      body: JSON.stringify({ query: 'mutation { endSessions(userId: "4") }' }),
    });
    expect((await post(bearer(token))).status).toBe(401);
    expect((await post(bearer(token))).status).toBe(401);
  });

  it('refuses pages of other sites, other methods, batches and endless streams', async () => {
    const known = bearer(tokens.get('admin'));
    expect((await post({ ...known, origin: 'https://other.example.com' })).status).toBe(403);
    expect((await fetch(`${dev.url}/mcp`, { headers: { ...known, accept: 'text/event-stream' } })).status).toBe(405);
    expect((await fetch(`${dev.url}/mcp`, { method: 'DELETE', headers: known })).status).toBe(405);
    expect((await post(known, [ping, ping])).status).toBe(400);
    expect((await post(known, { ...ping, method: 'subscriptions/listen' })).status).toBe(501);
    expect((await post({ ...known, host: 'x' }, { ...ping, params: { _meta: 'x'.repeat(2_000_000) } })).status).toBe(
      413,
    );
  });

  it('is missing when it is switched off', async () => {
    const off = await startDevGateway({ environment: { GATEWAY_MCP_ENABLED: 'false' } });
    try {
      expect((await fetch(`${off.url}/mcp`, { method: 'POST' })).status).toBe(404);
      expect((await fetch(`${off.url}/.well-known/oauth-protected-resource`)).status).toBe(404);
    } finally {
      await off.stop();
    }
  });
});
