import { describe, expect, test } from 'vitest';
import { codes, type PluginGatewayOptions, pluginGateway, post } from '../support/plugin-gateway.ts';

interface Smuggled {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
}

const allowed = 'data/report';
const forbidden = 'system/cleanup';

/** Ways to bring a forbidden path past a look at the document's surface. The caller is an analyst: `data/*` only. */
const mutations: Record<string, Smuggled> = {
  plainly: { query: `mutation { executePlaybook(name: "${forbidden}") { id } }` },
  'under an alias': { query: `mutation { ok: executePlaybook(name: "${forbidden}") { id } }` },
  'as the second of two aliases': {
    query: `mutation { a: executePlaybook(name: "${allowed}") { id } b: executePlaybook(name: "${forbidden}") { id } }`,
  },
  'under the alias of another field': {
    query: `mutation { __typename: executePlaybook(name: "${forbidden}") { id } }`,
  },
  'in a variable': {
    query: 'mutation ($n: String!) { executePlaybook(name: $n) { id } }',
    variables: { n: forbidden },
  },
  "in a variable's default": { query: `mutation ($n: String! = "${forbidden}") { executePlaybook(name: $n) { id } }` },
  'in a default behind a variable that is not asked for': {
    query: `mutation ($n: String! = "${forbidden}") { executePlaybook(name: $n) { id } }`,
    variables: { N: allowed },
  },
  'in a fragment': {
    query: `mutation { ...F } fragment F on Mutation { executePlaybook(name: "${forbidden}") { id } }`,
  },
  'in a fragment of a fragment': {
    query: `mutation { ...F } fragment F on Mutation { ...G } fragment G on Mutation { executePlaybook(name: "${forbidden}") { id } }`,
  },
  'in an inline fragment': { query: `mutation { ... on Mutation { executePlaybook(name: "${forbidden}") { id } } }` },
  'in an inline fragment without a type': {
    query: `mutation { ... { executePlaybook(name: "${forbidden}") { id } } }`,
  },
  'in inline fragments of inline fragments': {
    query: `mutation { ... { ... on Mutation { ... { executePlaybook(name: "${forbidden}") { id } } } } }`,
  },
  'in a fragment that is spread twice': {
    query: `mutation { ...F ...F } fragment F on Mutation { executePlaybook(name: "${forbidden}") { id } }`,
  },
  'in a fragment that is skipped the first time': {
    query: `mutation { ...F @skip(if: true) ...F } fragment F on Mutation { executePlaybook(name: "${forbidden}") { id } }`,
  },
  'with @include on a variable': {
    query: `mutation ($yes: Boolean!) { executePlaybook(name: "${forbidden}") @include(if: $yes) { id } }`,
    variables: { yes: true },
  },
  "with @skip on a variable's default": {
    query: `mutation ($no: Boolean! = false) { executePlaybook(name: "${forbidden}") @skip(if: $no) { id } }`,
  },
  'with @include and @skip': {
    query: `mutation { executePlaybook(name: "${forbidden}") @include(if: true) @skip(if: false) { id } }`,
  },
  'in the operation that is named': {
    query: `mutation A { executePlaybook(name: "${allowed}") { id } } mutation B { executePlaybook(name: "${forbidden}") { id } }`,
    operationName: 'B',
  },
  'after a query in one document': {
    query: `query A { __typename } mutation B { executePlaybook(name: "${forbidden}") { id } }`,
    operationName: 'B',
  },
  'in a block string': { query: `mutation { executePlaybook(name: """${forbidden}""") { id } }` },
  'in escapes': { query: 'mutation { executePlaybook(name: "\\u0073ystem/cleanup") { id } }' },
  'in an id of an execution': { query: 'mutation { cancelExecution(id: "2") { id } }' },
  'in an id that is a number': { query: 'mutation { cancelExecution(id: 2) { id } }' },
  'beside an id that is allowed': {
    query: 'mutation { a: cancelExecution(id: "1") { id } b: cancelExecution(id: "2") { id } }',
  },
  "in an id of an auth playbook's execution": { query: 'mutation { cancelExecution(id: "3") { id } }' },
  'by dots': { query: 'mutation { executePlaybook(name: "data/../system/cleanup") { id } }' },
  'by an empty segment': { query: 'mutation { executePlaybook(name: "data//system/cleanup") { id } }' },
  'by a percent-escape': { query: 'mutation { executePlaybook(name: "data/%2e%2e/system") { id } }' },
  'by a blank': { query: `mutation { executePlaybook(name: "${allowed} ") { id } }` },
  'by a template': { query: 'mutation { executePlaybook(name: "data/{{ 7*7 }}") { id } }' },
  'by a template where templates are allowed': { query: 'mutation { render(name: "data/{{ 7*7 }}") { id } }' },
  'by a pattern': { query: 'mutation { executePlaybook(name: "*") { id } }' },
};

const both: [string, PluginGatewayOptions][] = [
  ['plugin and guard', {}],
  ['the plugin alone', { withoutGuard: true }],
];

describe.each(both)('with %s', (_layers, options) => {
  test.each(Object.entries(mutations))('a forbidden mutation starts nothing: %s', async (_name, smuggled) => {
    const gateway = pluginGateway(options);
    const answer = await post(gateway, smuggled);
    expect(gateway.touched).toEqual([]);
    expect(answer.status).toBe(200);
    expect(answer.json.data).toBeNull();
    expect(codes(answer)[0]).toMatch(/^ERR_(ACCESS_DENIED|REQUEST_INVALID|NOT_FOUND)$/);
  });
});

test.each(Object.entries(mutations))('with the guard alone nothing starts either: %s', async (_name, smuggled) => {
  const gateway = pluginGateway({ withoutAuth: true });
  const answer = await post(gateway, smuggled);
  expect(gateway.touched).toEqual([]);
  expect(codes(answer)).toContain('ERR_ACCESS_DENIED');
});

describe('what does not run is not judged', () => {
  test.each<[string, Smuggled]>([
    [
      'skipped',
      {
        query: `mutation { executePlaybook(name: "${forbidden}") @skip(if: true) { id } ok: executePlaybook(name: "${allowed}") { id } }`,
      },
    ],
    [
      'not included, by a variable',
      {
        query: `mutation ($on: Boolean!) { executePlaybook(name: "${forbidden}") @include(if: $on) { id } ok: executePlaybook(name: "${allowed}") { id } }`,
        variables: { on: false },
      },
    ],
    [
      'in the operation that is not named',
      {
        query: `mutation A { ok: executePlaybook(name: "${allowed}") { id } } mutation B { executePlaybook(name: "${forbidden}") { id } }`,
        operationName: 'A',
      },
    ],
    [
      'a default that a variable replaces',
      {
        query: `mutation ($n: String! = "${forbidden}") { ok: executePlaybook(name: $n) { id } }`,
        variables: { n: allowed },
      },
    ],
  ])('%s', async (_name, given) => {
    const gateway = pluginGateway();
    const answer = await post(gateway, given);
    expect(answer.json).toEqual({ data: { ok: { id: '1' } } });
    expect(gateway.touched).toEqual([{ field: 'executePlaybook', args: { name: allowed } }]);
  });
});

describe('reads', () => {
  test('a denied one is null, the rest answers', async () => {
    const gateway = pluginGateway();
    const answer = await post(gateway, {
      query: '{ no: playbook(path: "system/x") { path } yes: playbook(path: "data/x") { path } workerPools special }',
    });
    expect(answer.status).toBe(200);
    expect(answer.json.data).toEqual({ no: null, yes: { path: 'data/x' }, workerPools: null, special: 'special' });
    expect(answer.json.errors.map((error: { path: unknown }) => error.path)).toEqual([['no'], ['workerPools']]);
    expect(codes(answer)).toEqual(['ERR_ACCESS_DENIED', 'ERR_ACCESS_DENIED']);
    expect(gateway.touched.map(({ field }) => field)).toEqual(['playbook', 'special']);
  });

  test('a denied field does not change the status, whatever is accepted', async () => {
    const headers = { accept: 'application/graphql-response+json' };
    const answer = await post(pluginGateway(), { query: '{ workerPools special }' }, { headers });
    expect(answer.status).toBe(200);
    expect(answer.json.data).toEqual({ workerPools: null, special: 'special' });
  });

  test('a denied one that cannot be null stops the whole query before any call', async () => {
    const gateway = pluginGateway();
    const answer = await post(gateway, { query: '{ dashboard special }' });
    expect(answer.json).toEqual({ data: null, errors: [expect.objectContaining({ path: ['dashboard'] })] });
    expect(gateway.touched).toEqual([]);
  });

  test('a default of the schema is what is judged', async () => {
    const gateway = pluginGateway({ grants: [] });
    expect(codes(await post(gateway, { query: '{ playbook { path } }' }))).toEqual(['ERR_ACCESS_DENIED']);
    const open = pluginGateway();
    expect((await post(open, { query: '{ playbook { path } }' })).json.data.playbook.path).toBe('data/default');
    expect((await post(open, { query: '{ special }' })).json.data.special).toBe('special');
    expect(codes(await post(open, { query: '{ special(code: 8) }' }))).toEqual(['ERR_ACCESS_DENIED']);
  });

  test('fields under one key are one field, and are merged', async () => {
    const gateway = pluginGateway();
    const query =
      '{ playbook(path: "data/x") { path } ...F } fragment F on Query { playbook(path: "data/x") { source } }';
    expect((await post(gateway, { query })).json.data.playbook).toEqual({ path: 'data/x', source: null });
    expect(gateway.touched).toHaveLength(1);
  });

  test('fields under one key that differ are refused', async () => {
    const gateway = pluginGateway();
    const query = '{ a: playbook(path: "data/x") { path } a: playbook(path: "system/x") { path } }';
    expect(codes(await post(gateway, { query }))).toEqual(['ERR_REQUEST_INVALID']);
    expect(gateway.touched).toEqual([]);
  });

  test.each(['unruled', 'shut'])('%s: no user has a field with no rule, or with a closed one', async (field) => {
    const gateway = pluginGateway();
    expect(codes(await post(gateway, { query: `{ ${field} }` }, { token: 'token-admin' }))).toEqual([
      'ERR_ACCESS_DENIED',
    ]);
    expect(gateway.touched).toEqual([]);
  });

  test.each(['exec-12345', '', '../1', '1?x=1', '-1', '1.5', '12345678901234567890', '١'])(
    'the malformed id %j is a clean error and no call',
    async (id) => {
      const gateway = pluginGateway();
      const query = 'query ($id: ID!) { execution(id: $id) { id } }';
      const answer = await post(gateway, { query, variables: { id } });
      expect(answer.json.data).toEqual({ execution: null });
      expect(codes(answer)).toEqual(['ERR_REQUEST_INVALID']);
      expect(gateway.touched).toEqual([]);
    },
  );
});

describe('executions', () => {
  test('a read is left to the answer, with the permission that it needs', async () => {
    const seen: unknown[] = [];
    const gateway = pluginGateway({
      answer: (_field, _args, { decisions }) => {
        seen.push(...decisions.values());
        return null;
      },
    });
    await post(gateway, { query: '{ execution(id: "2") { id } }' });
    expect(seen).toEqual([{ outcome: 'onAnswer', field: 'execution', args: { id: '2' }, permission: 'view' }]);
    expect(gateway.lookedUp).toEqual([]);
  });

  test('hidden and missing ones read the same', async () => {
    const cancel = async (id: string) => {
      const gateway = pluginGateway();
      const answer = await post(gateway, { query: `mutation { cancelExecution(id: "${id}") { id } }` });
      expect(gateway.lookedUp).toEqual([id]);
      return answer.text;
    };
    expect(await cancel('2')).toBe(await cancel('9'));
    expect(await cancel('3')).toBe(await cancel('9'));
  });

  test('an allowed one is acted on', async () => {
    const gateway = pluginGateway();
    await post(gateway, { query: 'mutation { cancelExecution(id: "1", reason: "late") { id } }' });
    expect(gateway.touched).toEqual([{ field: 'cancelExecution', args: { id: '1', reason: 'late' } }]);
  });
});

describe('batches', () => {
  const batch = [
    { query: `mutation { executePlaybook(name: "${allowed}") { id } }` },
    { query: `mutation { executePlaybook(name: "${forbidden}") { id } }` },
    { query: '{ special }' },
  ];

  test('are refused by default', async () => {
    const gateway = pluginGateway();
    const answer = await post(gateway, batch);
    expect(answer.status).toBe(400);
    expect(codes(answer)).toEqual(['ERR_REQUEST_INVALID']);
    expect(gateway.touched).toEqual([]);
  });

  test('are judged one by one when they are on', async () => {
    const gateway = pluginGateway({ batching: true });
    const { json } = await post(gateway, batch);
    expect(json.map((one: { data: unknown }) => one.data)).toEqual([
      { executePlaybook: { id: '1' } },
      null,
      { special: 'special' },
    ]);
    expect(gateway.touched).toHaveLength(2);
  });
});

describe('GET', () => {
  const get = (query: string, headers: Record<string, string> = {}) =>
    [
      pluginGateway(),
      `http://gateway.example.com/graphql${query === '' ? '' : `?query=${encodeURIComponent(query)}`}`,
      { headers: { accept: 'application/json', ...headers } },
    ] as const;

  test('a query without a session is 401', async () => {
    const [gateway, url, init] = get('{ __typename }');
    expect((await gateway.yoga.fetch(url, init)).status).toBe(401);
  });

  test.each(['?x=1#&query={__typename}', '?query', '?', '?QUERY=x', '?a=b'])(
    'any parameter needs a session: %s',
    async (search) => {
      const answer = await pluginGateway().yoga.fetch(`http://gateway.example.com/graphql${search}`, {
        headers: { accept: 'application/json' },
      });
      expect(answer.status).toBe(401);
    },
  );

  test('a query with a session is judged', async () => {
    const [gateway, url, init] = get('{ workerPools special }', { 'x-session-token': 'token-analyst' });
    const answer = await gateway.yoga.fetch(url, init);
    expect(await answer.json()).toMatchObject({ data: { workerPools: null, special: 'special' } });
  });

  test('a mutation is refused', async () => {
    const [gateway, url, init] = get(`mutation { executePlaybook(name: "${allowed}") { id } }`, {
      'x-session-token': 'token-analyst',
    });
    const answer = await gateway.yoga.fetch(url, init);
    expect(answer.status).toBe(405);
    expect(gateway.touched).toEqual([]);
  });

  test('without a query the page of GraphiQL needs no session', async () => {
    const [gateway, url] = get('');
    const answer = await gateway.yoga.fetch(url, { headers: { accept: 'text/html' } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html']);
  });

  test('without a query nothing runs', async () => {
    const [gateway, url, init] = get('');
    expect((await gateway.yoga.fetch(url, init)).status).toBe(400);
  });

  test('a query parameter on a POST does not make it a GET', async () => {
    const [gateway, url, init] = get('{ special }');
    expect((await gateway.yoga.fetch(url, { ...init, method: 'POST', body: '{}' })).status).toBe(401);
  });
});
