import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer } from '../../docs/examples/plugins.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { usualQueryLimits } from '../../plugins/query-limits/use-query-limits.ts';
import { servers, startPluginServer } from '../support/plugin-servers.ts';

type Server = Awaited<ReturnType<typeof startPluginServer>>;

const names = Object.keys(servers) as (keyof typeof servers)[];
const foreign = names.filter((name) => servers[name].resolvers === 'any');

/** An execution of a playbook that only admins may view, which NoETL itself was asked for. */
async function hiddenExecution({ noetl }: Server): Promise<string> {
  const answer = await fetch(new URL('/api/execute', noetl.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ path: 'regression_test/echo', workload: {} }),
  });
  const { execution_id: id } = (await answer.json()) as { execution_id: string };
  return id;
}

describe.each(names)('the plugins in %s', (name) => {
  let server: Server;
  beforeAll(async () => {
    server = await startPluginServer(name);
  });
  afterAll(() => server.close());

  test('a session is validated by the auth playbook, once', async () => {
    const token = server.tokenOf('analyst');
    for (let n = 0; n < 2; n += 1) {
      expect(await server.ask('{ dashboardStats { status } }', token)).toMatchObject({ data: { dashboardStats: {} } });
    }
    expect(server.validations(token)).toBe(1);
  });

  test('without a session nothing is parsed, and NoETL is not asked', async () => {
    const asked = server.asked().length;
    expect(await server.ask('{ no such field', undefined)).toMatchObject({ status: 401, codes: ['ERR_TOKEN_MISSING'] });
    expect(server.asked().length).toBe(asked);
  });

  test('a token that the playbook refuses is no session', async () => {
    const answer = await server.ask('{ dashboardStats { status } }', 'unknown-token-of-a-stranger');
    expect(answer).toMatchObject({ status: 401, codes: ['ERR_SESSION_INVALID'] });
    expect(server.validations('unknown-token-of-a-stranger')).toBe(1);
  });

  test('grants decide on the path of a playbook, before NoETL is asked', async () => {
    const [analyst, viewer] = [server.tokenOf('analyst'), server.tokenOf('viewer')];
    const start = (path: string) => `mutation { executePlaybook(name: "${path}") { status } }`;
    expect(await server.ask(start('data/report'), analyst)).toMatchObject({ data: { executePlaybook: {} }, codes: [] });
    const asked = server.asked().length;
    for (const [path, token] of [
      ['regression_test/echo', analyst],
      ['data/report', viewer],
      ['api_integration/auth0/auth0_login', server.tokenOf('admin')],
    ] as const) {
      const answer = await server.ask(start(path), token);
      expect(answer).toMatchObject({ data: null, codes: ['ERR_ACCESS_DENIED'] });
    }
    expect(server.asked().length).toBe(asked);
  });

  test('an execution is read by those who may view its playbook; for others it does not exist', async () => {
    const id = await hiddenExecution(server);
    const query = `{ execution(id: "${id}") { status } }`;
    expect(await server.ask(query, server.tokenOf('admin'))).toMatchObject({
      data: { execution: { status: expect.any(String) } },
    });
    const hidden = await server.ask(query, server.tokenOf('analyst'));
    expect(hidden.text).not.toMatch(/COMPLETED|RUNNING|echo/);
    const missing = await server.ask('{ execution(id: "1") { status } }', server.tokenOf('analyst'));
    expect([hidden.data, hidden.codes]).toEqual([missing.data, missing.codes]);
  });

  test('a field without a rule, and the schema, are closed', async () => {
    expect(await server.ask('{ workerPools { count } }', server.tokenOf('viewer'))).toMatchObject({
      codes: ['ERR_ACCESS_DENIED'],
    });
  });

  test('documents beyond the limits are refused', async () => {
    const query = `{ ${Array.from({ length: 11 }, (_, n) => `a${n}: upstreamHealth { status }`).join(' ')} }`;
    expect(await server.ask(query, server.tokenOf('admin'))).toMatchObject({
      status: 400,
      codes: ['ERR_QUERY_REFUSED'],
    });
  });
});

describe.each(foreign)('resolvers that are not the gateway’s, in %s', (name) => {
  let server: Server;
  beforeAll(async () => {
    server = await startPluginServer(name);
  });
  afterAll(() => server.close());

  test('one denied field stops the whole query', async () => {
    const asked = server.asked().length;
    const query = '{ dashboardStats { status } playbook(path: "regression_test/echo") { path } }';
    expect(await server.ask(query, server.tokenOf('analyst'))).toMatchObject({
      data: null,
      codes: ['ERR_ACCESS_DENIED'],
    });
    expect(server.asked().length).toBe(asked);
  });

  test.each([
    ['lists, whose rows the gateway would leave out', '{ executions { id } }'],
    ['the catalog', '{ playbooks { entries { path } } }'],
    ['sources, which the gateway sends as it has read them', 'mutation { registerPlaybook(content: "x") { path } }'],
    ['a path that ends early in an address', '{ playbookForm(path: "data/x?y=") { path } }'],
  ])('closed: %s', async (_name, query) => {
    const asked = server.asked().length;
    const { data, codes } = await server.ask(query, server.tokenOf('admin'));
    expect(data ?? null).toBe(null);
    expect(codes[0]).toMatch(/ERR_ACCESS_DENIED|ERR_REQUEST_INVALID/);
    expect(server.asked().length).toBe(asked);
    expect(server.events).toContainEqual(expect.objectContaining({ type: 'decision', outcome: 'denied' }));
  });
});

test('an expired session is over', async () => {
  const server = await startPluginServer('yoga', 1_500);
  const token = server.tokenOf('analyst');
  expect(await server.ask('{ dashboardStats { status } }', token)).toMatchObject({ codes: [] });
  await sleep(1_600);
  const answer = await server.ask('{ dashboardStats { status } }', token);
  await server.close();
  expect(answer).toMatchObject({ status: 401, codes: ['ERR_SESSION_INVALID'] });
});

test('the example of a server with resolvers of its own', async () => {
  const roles = ['analyst'];
  const user = { userId: '7', email: undefined, displayName: 'Ann', roles };
  const session = { user, issuedAt: new Date(), expiresAt: new Date(Date.now() + 60_000) };
  const sessions = { lookup: async (token: string) => (token === 'anns' ? session : undefined) };
  const yoga = createServer(sessions, async (id) => (id === '1' ? 'data/report' : 'system/cleanup'));
  const ask = async (query: string, token = 'anns') => {
    const headers = { 'content-type': 'application/json', 'x-session-token': token };
    const response = await yoga.fetch('http://example.com/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return [response.status, await response.text()] as const;
  };
  expect(await ask('{ version }', 'someone')).toEqual([401, expect.stringContaining('ERR_SESSION_INVALID')]);
  expect(await ask('{ version execution(id: "1") }')).toEqual([200, '{"data":{"version":"1","execution":"about 1"}}']);
  const [, hidden] = await ask('{ version execution(id: "2") }');
  expect(hidden).toContain('ERR_NOT_FOUND');
  expect(hidden).not.toContain('about');
  const [, denied] = await ask('mutation { startPlaybook(path: "system/cleanup") }');
  expect(denied).toContain('ERR_ACCESS_DENIED');
  expect(await ask('mutation { startPlaybook(path: "data/x") }')).toEqual([
    200,
    '{"data":{"startPlaybook":"started data/x"}}',
  ]);
});

test('the limits of the plugin are those of the gateway, where neither is set', () => {
  const { config } = resolveConfig(
    { operations: {}, roles: [], grants: [] },
    { GATEWAY_TRUSTED_ISSUERS: 'https://issuer.example.com', GATEWAY_AUDIENCES: 'app' },
  );
  const ofConfig = Object.entries(config.limits).filter(([name]) => Object.hasOwn(usualQueryLimits, name));
  expect(ofConfig.length).toBeGreaterThan(3);
  expect(usualQueryLimits).toMatchObject(Object.fromEntries(ofConfig));
});
