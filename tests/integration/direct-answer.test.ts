import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { devNull } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayConfig } from '../../gateway/config/gateway-config.ts';
import { resolveConfig } from '../../gateway/config/resolve-config.ts';
import { createGateway, type Gateway } from '../../gateway/gateway.ts';
import shipped from '../../gateway.config.ts';
import { generatedSdl } from '../support/executor-caller.ts';
import { type LoopbackServer, loopbackEnvironment, serveOnLoopback } from '../support/loopback-server.ts';
import { rawRequest } from '../support/raw-request.ts';

const token = 'session-token-of-an-analyst';
const ids = {
  done: '478900000000000001',
  hidden: '478900000000000002',
  gone: '478900000000000003',
  once: '478900000000000005',
  broken: '4',
};
const calls: string[] = [];
/** A look at an execution is shared for a while, so whether it costs a call depends on when it is asked. */
const isCompared = (call: string) => call !== `GET /api/executions/${ids.done}`;
const ran: string[] = [];
let noetl: LoopbackServer;
const open: Gateway[] = [];
const ports: Record<'direct' | 'yoga' | 'envelop', number> = { direct: 0, yoga: 0, envelop: 0 };

/** NoETL, as far as these requests need it. */
async function startNoetl(): Promise<string> {
  noetl = await serveOnLoopback((asked, response) => {
    asked.resume();
    const [path = ''] = (asked.url ?? '').split('?');
    calls.push(`${asked.method} ${path}`);
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (path === '/api/execute') return answer(200, { execution_id: ids.done, status: 'started' });
    if (path === '/api/dashboard/stats') return answer(200, { status: 'ok', total_executions: 3 });
    if (path === '/api/executions') return answer(200, rows);
    return answer(...executionAt(path.split('/')[3] ?? ''));
  });
  return noetl.url;
}

/** More than fits into one short text, with characters of several bytes. */
const rows = Array.from({ length: 60 }, (_, n) => ({
  ...{ execution_id: `${4789n + BigInt(n)}`, path: 'data/report', status: 'COMPLETED', version: n, error: 'é “x”' },
  ...{
    start_time: '2026-01-02T03:04:05Z',
    end_time: n % 2 === 0 ? '2026-01-02 03:04:06.5' : '2026-01-02T03:04:06+00:00',
  },
}));

function executionAt(id: string): [status: number, body: unknown] {
  if (id === ids.broken) return [500, { detail: 'SELECT secret' }];
  const path = new Map([
    [ids.done, 'data/report'],
    [ids.once, 'data/report'],
    [ids.hidden, 'finance/payroll'],
  ]).get(id);
  if (path === undefined) return [404, { detail: `Execution ${id} not found` }];
  return [200, { execution_id: id, path, status: 'RUNNING', start_time: '2026-01-02T03:04:05Z', events: [] }];
}

async function start(noetlUrl: string, plugins: GatewayConfig['plugins']): Promise<number> {
  const declaration: GatewayConfig = {
    ...(shipped as unknown as GatewayConfig),
    ...(plugins && { plugins }),
    auth: { validator: { kind: 'static', users: [{ token, userId: '1', displayName: 'Ann', roles: ['analyst'] }] } },
    limits: { bodyBytes: 4_096, batching: true },
    observability: { auditTo: devNull, logLevel: 'silent' },
  };
  const { config } = resolveConfig(declaration, loopbackEnvironment(noetlUrl));
  const gateway = await createGateway({ config, sdl: generatedSdl });
  open.push(gateway);
  return (await gateway.listen()).port;
}

beforeAll(async () => {
  const url = await startNoetl();
  ports.direct = await start(url, []);
  // A plugin with a part in the HTTP side of a request: nothing is answered without Yoga's.
  ports.yoga = await start(url, [
    { onResponse: () => void ran.push('onResponse') },
    { onExecute: ({ args }: Executed) => void ran.push('onExecute', keysOf(args.contextValue)) },
  ]);
  ports.envelop = await start(url, [
    { onExecute: ({ args }: Executed) => void ran.push('onExecute', keysOf(args.contextValue)) },
  ]);
});
afterAll(async () => {
  await Promise.all(open.map((gateway) => gateway.stop()));
  await noetl.close();
});

interface Executed {
  readonly args: { readonly contextValue: object };
}

/** What a plugin finds on the context; `known` is what the gateway hands on to Yoga. */
const keysOf = (context: object): string => {
  const keys: string[] = [];
  for (const key in context) if (key !== 'known') keys.push(key);
  return keys.sort().join(' ');
};
const contextKeys =
  'caller clientIp decide decisions guesses header judgeOnExecution may mayOnExecution params readBody record request requestId waitUntil';

interface Seen {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What NoETL was asked meanwhile. */
  readonly calls: readonly string[];
}

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
}

async function send(port: number, { method = 'POST', path = '/graphql', headers = {}, body }: Sent): Promise<Seen> {
  const from = calls.length;
  const all = {
    'content-type': 'application/json',
    authorization: `Bearer ${token}`,
    'x-request-id': 'r-1',
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const sent = request({ port, host: '127.0.0.1', method, path, headers: Object.fromEntries(given) });
  sent.end(body);
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const chunk of response) text += chunk;
  const { date: _date, ...rest } = response.headers as IncomingHttpHeaders;
  return { status: response.statusCode, headers: rest, body: text, calls: calls.slice(from).filter(isCompared) };
}

const ask = (query: unknown, variables?: unknown, more: object = {}): Sent => ({
  body: JSON.stringify({ query, variables, ...more }),
});
const accepting = (accept: string | undefined): Sent => ({ ...ask('{ __typename }'), headers: { accept } });
const poll = 'query Poll($id: ID!) { execution(id: $id) { id status path startedAt } }';
const run = 'mutation Run($name: String!, $v: JSON) { executePlaybook(name: $name, variables: $v) { id status } }';

/** What works, what half works, what does not, and everything in which the two ways could differ. */
const requests: Readonly<Record<string, Sent>> = {
  'a query': ask(poll, { id: ids.done }),
  'a mutation': ask(run, { name: 'data/report', v: { n: 1 } }),
  'two fields and aliases': ask(`{ a: execution(id: "${ids.done}") { id } dashboardStats { status } }`),
  'a fragment': ask(`{ ...F } fragment F on Query { execution(id: "${ids.done}") { ... on Execution { status } } }`),
  'a long list': ask('{ executions { executionId path status startTime endTime version error } }'),
  'a long list and more': ask('{ executions { executionId path endTime } b: executions { status version } }'),
  'one of two operations': ask(
    `query A { __typename } query B { dashboardStats { status } }`,
    {},
    { operationName: 'B' },
  ),
  'no operation of that name': ask('query A { __typename }', {}, { operationName: 'B' }),
  introspection: ask('{ __schema { queryType { name } } }'),
  'half denied': ask(`{ execution(id: "${ids.hidden}") { id } dashboardStats { status } }`),
  'a mutation denied': ask(run, { name: 'finance/payroll' }),
  'nothing there': ask(poll, { id: ids.gone }),
  'NoETL failed': ask(poll, { id: ids.broken }),
  'a malformed id': ask(poll, { id: 'x' }),
  'a variable missing': ask(poll),
  'a variable of another type': ask(poll, { id: { a: 1 } }),
  'template marks': ask(run, { name: 'data/report', v: { a: '{{ x }}' } }),
  'an unknown field': ask('{ nothing }'),
  'no GraphQL': ask('{ nothing'),
  'too deep': ask(`{ __schema { types { ${'ofType { '.repeat(40)}name${' }'.repeat(40)} } } }`),
  'a query of another type': ask(7),
  'no query': { body: '{}' },
  'variables of another type': ask('{ __typename }', 'x'),
  'extensions of another type': ask('{ __typename }', {}, { extensions: 1 }),
  'a parameter too much': ask('{ __typename }', {}, { more: 1 }),
  'a batch': { body: JSON.stringify([{ query: '{ __typename }' }, { query: '{ nothing }' }]) },
  'an empty batch': { body: '[]' },
  'a batch too large': { body: JSON.stringify(Array.from({ length: 60 }, () => ({ query: '{ __typename }' }))) },
  'null for a body': { body: 'null' },
  'a number for a body': { body: '1' },
  'no JSON': { body: '{' },
  'no body': {},
  'a body too large': ask('{ __typename }', { padding: 'ab '.repeat(3_000) }),
  'no token': { ...ask('{ __typename }'), headers: { authorization: undefined } },
  'no token that could be one': { ...ask('{ __typename }'), headers: { authorization: 'Bearer' } },
  'an unknown token': { ...ask('{ __typename }'), headers: { authorization: 'Bearer unknown' } },
  'an unknown token and no JSON': { body: '{', headers: { authorization: 'Bearer unknown' } },
  'a token in its own header': {
    ...ask(poll, { id: ids.done }),
    headers: { authorization: undefined, 'x-session-token': token },
  },
  'a cookie of another site': {
    ...ask('{ __typename }'),
    headers: { authorization: undefined, cookie: `session_token=${token}`, origin: 'https://other.example.com' },
  },
  'a cookie without an origin': {
    ...ask('{ __typename }'),
    headers: { authorization: undefined, cookie: `session_token=${token}` },
  },
  'a parameter in the address': { ...ask('{ __typename }'), path: '/graphql?x=1' },
  'a GET': { method: 'GET', path: '/graphql?query=%7B__typename%7D' },
  'a GET of a mutation': {
    method: 'GET',
    path: `/graphql?query=${encodeURIComponent('mutation { executePlaybook(name: "data/report") { id } }')}`,
  },
  ...Object.fromEntries(
    [
      'text/plain',
      'application/graphql',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      'application/json; charset=utf-8',
      'Application/JSON',
      undefined,
    ].map((type) => [`content type ${type}`, { ...ask('{ __typename }'), headers: { 'content-type': type } }]),
  ),
  'a compressed body': { ...ask('{ __typename }'), headers: { 'content-encoding': 'gzip' } },
  ...Object.fromEntries(
    [
      undefined,
      '*/*',
      'application/json',
      'application/json, */*',
      'application/json, text/plain, */*',
      'application/graphql-response+json',
      'application/graphql-response+json, application/json',
      'application/graphql-response+json,application/json;q=0.9',
      'application/graphql-response+json, application/graphql+json, application/json',
      'application/json; charset=iso-8859-1',
      'text/html, */*;q=0.8',
      'text/event-stream',
      'multipart/mixed, application/json',
      'application/xml',
      '',
    ].map((accept) => [`accept ${accept}`, accepting(accept)]),
  ),
  ...Object.fromEntries(
    ['application/graphql-response+json', 'application/json'].flatMap((accept) => [
      [`errors of a request for ${accept}`, { ...ask('{ nothing }'), headers: { accept } }],
      [`errors of a field for ${accept}`, { ...ask(poll, { id: ids.gone }), headers: { accept } }],
      [`no session for ${accept}`, { ...ask('{ __typename }'), headers: { accept, authorization: 'Bearer unknown' } }],
    ]),
  ),
};

describe('answered without the HTTP half of Yoga, or with it', () => {
  test.each(Object.entries(requests))('%s: the same', async (_name, sent) => {
    const direct = await send(ports.direct, sent);
    expect(direct).toEqual(await send(ports.yoga, sent));
    // A document that is known runs without Envelop's hooks. What was looked at a moment ago may cost another call, or none.
    expect({ ...(await send(ports.direct, sent)), calls: direct.calls }).toEqual(direct);
    expect(await send(ports.envelop, sent)).toEqual(direct);
  });

  test('what works, works; what NoETL was asked for, it was asked once', async () => {
    const { status, headers, body, calls: asked } = await send(ports.direct, ask(poll, { id: ids.once }));
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': 'r-1',
    });
    expect(JSON.parse(body)).toEqual({
      data: {
        execution: { id: ids.once, status: 'RUNNING', path: 'data/report', startedAt: '2026-01-02T03:04:05.000Z' },
      },
    });
    expect(asked).toEqual([`GET /api/executions/${ids.once}`]);
    const failed = await send(ports.direct, ask(run, { name: 'finance/payroll' }));
    expect(failed.calls).toEqual([]);
    expect((await send(ports.direct, ask(run, { name: 'data/report' }))).calls).toEqual(['POST /api/execute']);
  });

  test.each(['envelop', 'yoga'] as const)('hooks of a plugin run once: %s', async (which) => {
    for (const sent of [ask(poll, { id: ids.done }), ask(poll, { id: ids.gone })]) {
      ran.length = 0;
      await send(ports[which], sent);
      expect(ran).toEqual(['onExecute', contextKeys, ...(which === 'yoga' ? ['onResponse'] : [])]);
    }
  });
});

describe.each(['direct', 'yoga'] as const)('two Authorization headers, %s', (way) => {
  const body = '{"query":"{__typename}"}';
  const withTokens = (one: string, two: string) =>
    rawRequest(
      `http://127.0.0.1:${ports[way]}`,
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n` +
        `Authorization: Bearer ${one}\r\nAuthorization: Bearer ${two}\r\nconnection: close\r\n\r\n${body}`,
    );

  test.each([
    [token, 'another-token-than-that'],
    ['another-token-than-that', token],
  ])('that differ are no session', async (one, two) => {
    expect(await withTokens(one, two)).toMatch(/^HTTP\/1\.1 401 [\s\S]*ERR_TOKEN_MALFORMED/);
  });
});
