import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { authenticated } from '../../index.ts';
import type { CallContext } from '../../plugins/call-context.ts';
import { decideCall } from '../../plugins/noetl-auth/decide-call.ts';
import type { SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import { useNoetlAuth } from '../../plugins.ts';
import { by, decisionRules, decisionSetup } from '../support/decision-setup.ts';
import {
  codes,
  grant,
  type PluginGatewayOptions,
  pluginGateway,
  post,
  session,
  sessions,
} from '../support/plugin-gateway.ts';

describe('without a valid session', () => {
  const nothing = { query: '{ __typename }' };
  test.each([
    ['no token', '', {}, 'ERR_TOKEN_MISSING'],
    ['another scheme', '', { authorization: 'Basic dG9rZW4=' }, 'ERR_TOKEN_MISSING'],
    ['a malformed token', '', { authorization: 'Bearer a b' }, 'ERR_TOKEN_MALFORMED'],
    ['an unknown token', 'unknown', {}, 'ERR_SESSION_INVALID'],
  ])('%s is 401', async (_name, token, headers, code) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, nothing, { token, headers });
    expect(answer.status).toBe(401);
    expect(answer.json).toEqual({ errors: [{ message: expect.stringMatching(/session/), extensions: { code } }] });
    expect(gateway.touched).toEqual([]);
  });

  test.each(['not json', '{"query": "{"}', '[{"query":"{__typename}"}]', '{"query":"{ executio }"}'])(
    'nothing is parsed: %s',
    async (body) => {
      expect((await post(pluginGateway(), body, { token: '' })).status).toBe(401);
    },
  );

  test('a session that cannot be checked is 503 with Retry-After', async () => {
    const answer = await post(pluginGateway(), nothing, { token: 'token-broken' });
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(codes(answer)).toEqual(['ERR_STORE']);
  });
});

test.each(['OPTIONS', 'HEAD', 'GET'])('%s runs nothing, and needs no session', async (method) => {
  const gateway = pluginGateway();
  const response = await gateway.yoga.fetch('http://gateway.example.com/graphql', { method });
  expect(response.status).not.toBe(401);
  expect(gateway.touched).toEqual([]);
});

test.each(['PUT', 'DELETE', 'PATCH'])('%s needs one', async (method) => {
  expect((await pluginGateway().yoga.fetch('http://gateway.example.com/graphql', { method })).status).toBe(401);
});

describe('the flow of the protocol', () => {
  test('executes and polls', async () => {
    const gateway = pluginGateway();
    const query =
      'mutation Execute($name: String!, $vars: JSON) { executePlaybook(name: $name, variables: $vars) { id } }';
    const variables = { name: 'data/report', vars: { query: 'Flight from SFO to JFK' } };
    expect((await post(gateway, { query, variables })).json.data.executePlaybook.id).toBe('1');
    const status = { query: 'query Status($id: ID!) { execution(id: $id) { id status } }', variables: { id: '1' } };
    expect((await post(gateway, status)).json).toEqual({ data: { execution: { id: '1', status: 'RUNNING' } } });
    expect(gateway.touched.map(({ field }) => field)).toEqual(['executePlaybook', 'execution']);
  });
});

describe('where the caller is lost on the way', () => {
  const request = new Request('http://gateway.example.com/graphql', { method: 'POST' });

  test.each([{ request }, {}])('nothing is parsed', (context) => {
    const { yoga } = pluginGateway();
    const { parse: parseDocument } = yoga.getEnveloped(context as never);
    expect(() => parseDocument('{ special }')).toThrow(expect.objectContaining({ code: 'ERR_TOKEN_MISSING' }));
  });

  test('nothing runs', async () => {
    const { yoga, touched } = pluginGateway();
    const enveloped = yoga.getEnveloped({ request, requestId: 'x' } as never);
    const document = parse('mutation { executePlaybook(name: "data/x") { id } }');
    const contextValue = await enveloped.contextFactory();
    const running = async () => enveloped.execute({ schema: enveloped.schema, document, contextValue });
    await expect(running()).rejects.toMatchObject({ code: 'ERR_TOKEN_MISSING' });
    expect(touched).toEqual([]);
  });

  test('it may ask for nothing', async () => {
    const { yoga } = pluginGateway();
    const enveloped = yoga.getEnveloped({ request: new Request('http://gateway.example.com/graphql') } as never);
    const context = (await enveloped.contextFactory()) as unknown as CallContext;
    expect(await context.may('view', 'data/x')).toBe(false);
    expect(await context.mayOnExecution('view', 'data/x')).toBe(false);
    const call = { name: 'special', root: 'query', args: { code: 7 } } as const;
    for (const caller of [undefined, { session: session('admin'), token: 'token-admin' as SessionToken }]) {
      const given = { request, record: caller === undefined ? {} : { caller } };
      const asked = (await yoga.getEnveloped(given as never).contextFactory()) as unknown as CallContext;
      const decided = asked.decide?.(call).catch((error: unknown) => error);
      expect(await decided).toMatchObject(
        caller === undefined ? { code: 'ERR_TOKEN_MISSING' } : { outcome: 'allowed' },
      );
    }
  });
});

test('a caller who was found before Yoga is not looked for again', async () => {
  const looked: string[] = [];
  const gateway = pluginGateway({ sessions: { ...sessions, lookup: async (token) => void looked.push(token) } });
  const caller = { session: session('admin'), token: 'token-admin' as SessionToken };
  const response = await gateway.yoga.fetch(
    'http://gateway.example.com/graphql',
    {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ workerPools }' }),
    },
    { requestId: 'x', record: { caller } },
  );
  expect(await response.json()).toEqual({ data: { workerPools: { id: '1', status: 'RUNNING' } } });
  expect(looked).toEqual([]);
});

describe('what a resolver may ask', () => {
  const asks = async (permission: 'view' | 'execute', path: string) => {
    const answers: boolean[] = [];
    const gateway = pluginGateway({
      grants: [grant('allow', 'analyst', ['execute'], 'data/*')],
      answer: async (_field, _args, { may, mayOnExecution }) => {
        answers.push(await may(permission, path), await mayOnExecution(permission, path));
      },
    });
    await post(gateway, { query: '{ special }' });
    return answers;
  };

  test.each([
    ['view', 'data/x', [false, true]],
    ['execute', 'data/x', [true, true]],
    ['view', 'other/x', [false, false]],
    ['execute', 'data//x', [false, false]],
  ] as const)('%s %s', async (permission, path, want) => {
    expect(await asks(permission, path)).toEqual(want);
  });

  test('nothing outside of the normal form, whatever rule allows it', async () => {
    const answers: boolean[] = [];
    const gateway = pluginGateway({
      checker: { check: async () => ({ allowed: true, grant: undefined }) },
      answer: async (_field, _args, { may, mayOnExecution }) => {
        answers.push(
          await may('view', 'data//x'),
          await mayOnExecution('view', 'data//x'),
          await may('view', 'data/x'),
        );
      },
    });
    await post(gateway, { query: '{ special }' });
    expect(answers).toEqual([false, false, true]);
  });

  test('a header of the request, and the decision on another field', async () => {
    const seen: unknown[] = [];
    const gateway = pluginGateway({
      answer: async (_field, _args, { header, decide }) => {
        seen.push(header?.('x-tenant'), header?.('x-other'));
        for (const name of ['stamped', 'shut']) seen.push((await decide?.({ name, root: 'query', args: {} }))?.outcome);
      },
    });
    await post(gateway, { query: '{ special }' }, { headers: { 'x-tenant': 'acme' } });
    expect(seen).toEqual(['acme', undefined, 'allowed', 'denied']);
  });

  test('each request has an id, its own or a new one', async () => {
    const ids: string[] = [];
    const gateway = pluginGateway({ answer: (_field, _args, { requestId }) => void ids.push(requestId) });
    await post(gateway, { query: '{ special }' });
    await gateway.yoga.fetch('http://gateway.example.com/graphql?query={special}', {
      headers: { 'x-session-token': 'token-analyst' },
    });
    expect(ids[0]).toBe('request-1');
    expect(ids[1]).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('resolvers that are not the gateway’s', () => {
  const foreign = (more: PluginGatewayOptions = {}) =>
    pluginGateway({ resolvers: 'any', withoutGuard: true, answer: () => ({ id: '1', status: 'SECRET' }), ...more });

  test.each([
    ['an execution whose playbook is hidden', '{ execution(id: "2") { status } }', 'ERR_NOT_FOUND'],
    ['an execution that does not exist', '{ execution(id: "9") { status } }', 'ERR_NOT_FOUND'],
    ['a list of rows', '{ playbooks { path } }', 'ERR_ACCESS_DENIED'],
    ['a denied field beside allowed ones', '{ stamped(at: "x") workerPools }', 'ERR_ACCESS_DENIED'],
    ['a path that ends early in an address', '{ playbook(path: "data/x?y") { path } }', 'ERR_REQUEST_INVALID'],
    ['the same with a fragment', '{ playbook(path: "data/x#y") { path } }', 'ERR_REQUEST_INVALID'],
  ])('no resolver runs: %s', async (_name, query, code) => {
    const gateway = foreign();
    const answer = await post(gateway, { query });
    expect(answer.json.data).toBe(null);
    expect([codes(answer), gateway.touched]).toEqual([[code], []]);
  });

  test('an execution is looked for before its resolver runs', async () => {
    const gateway = foreign();
    expect((await post(gateway, { query: '{ execution(id: "1") { status } }' })).json).toEqual({
      data: { execution: { status: 'SECRET' } },
    });
    expect([gateway.lookedUp, gateway.touched.length]).toEqual([['1'], 1]);
  });

  test('former names of arguments, sources and subscriptions need the gateway’s resolvers', async () => {
    const { options } = decisionSetup({ resolvers: 'any', rules: decisionRules });
    const asked = (name: string, root: 'query' | 'mutation' | 'subscription', args: Record<string, unknown>) =>
      decideCall({ name, root, args }, by, options);
    expect(await asked('playbook', 'query', { path: 'data/x' })).toMatchObject({ outcome: 'allowed' });
    const denied = { outcome: 'denied', error: { code: 'ERR_ACCESS_DENIED' } };
    expect(await asked('renamed', 'query', { path: 'data/x', resource: 'other' })).toMatchObject(denied);
    expect(await asked('register', 'mutation', { content: 'path: data/x' })).toMatchObject(denied);
    expect(await asked('events', 'subscription', { path: 'data/x' })).toMatchObject(denied);
  });

  test('a cookie opens no session, unless the server asks for it', async () => {
    const cookie = { token: '', headers: { cookie: 'session_token=token-admin' } };
    expect((await post(foreign({ cookies: false }), { query: '{ workerPools }' }, cookie)).status).toBe(401);
    expect((await post(foreign({ cookies: true }), { query: '{ workerPools }' }, cookie)).status).toBe(200);
  });

  test('a server without options is closed', async () => {
    const { options } = decisionSetup({ rules: decisionRules });
    const { resolvers: _, ...without } = options;
    const call = { name: 'events', root: 'subscription', args: { path: 'data/x' } } as const;
    expect(await decideCall(call, by, without)).toMatchObject({ outcome: 'denied' });
  });

  test('a name is a query or a mutation', () => {
    const rules = { Query: { a: authenticated() }, Mutation: { a: authenticated() } };
    const checker = { check: () => ({ allowed: true, grant: undefined }) as const };
    expect(() => useNoetlAuth({ sessions, checker, rules })).toThrow('a is a query and a mutation');
  });
});
