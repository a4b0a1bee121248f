import { getIntrospectionQuery, graphql, printSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import type { AnyRow } from '../../../../gateway/config/gateway-config.ts';
import { createExecutableSchema } from '../../../../gateway/operations/executable-schema.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import {
  authenticated,
  closed,
  onExecution,
  onPlaybook,
  role,
} from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { codeIn, executorCaller, generatedSdl, shippedOperations } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const silent = scriptedUpstream({}).upstream;

function problemsOf(sdl: string, operations: Readonly<Record<string, AnyRow>>): readonly string[] {
  try {
    createExecutableSchema({ sdl, operations, upstream: silent });
    return [];
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'ERR_POLICY_INVALID') throw error;
    return error.problems;
  }
}

const healthRow: AnyRow = { upstream: 'GET /api/health', access: authenticated() };
const health = 'health: JSON @httpOperation(path: "/api/health", httpMethod: GET) @noetl(kind: "plain")';

describe('the start', () => {
  test('the generated schema and the shipped config fit together', () => {
    expect(problemsOf(generatedSdl, shippedOperations)).toEqual([]);
  });

  test('every problem is listed', () => {
    const sdl = `scalar JSON
      type Query { ${health} open: String @httpOperation(path: "/x", httpMethod: GET) @noetl(kind: "plain") planless: String
        odd(a: ID): String @httpOperation(path: "/x/{env.A}", httpMethod: GET) @noetl(kind: "plain") }`;
    const row = (upstream: string): AnyRow => ({ upstream, access: authenticated() });
    const problems = problemsOf(sdl, {
      health: healthRow,
      planless: row('GET /y'),
      odd: row('GET /z'),
      missing: row('GET /m'),
      optional: { ...healthRow, optional: true },
      shut: { ...healthRow, access: closed() },
    });
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['open', 'planless', 'odd', 'missing']);
  });

  test('a rule on an argument that the schema does not know as a path or an id stops the start', () => {
    const sdl = `scalar JSON type Query {
      a(path: String, id: ID): JSON @httpOperation(path: "/a", httpMethod: GET, queryParamArgMap: {path: "path", id: "id"})
        @noetl(kind: "plain") }`;
    const onPath = problemsOf(sdl, { a: { upstream: 'GET /a', access: onPlaybook('view', 'path') } });
    expect(onPath).toEqual(['a: the schema does not know the argument path as a catalog path; run generate']);
    const onId = problemsOf(sdl, { a: { upstream: 'GET /a', access: onExecution('view', 'id') } });
    expect(onId).toEqual(['a: the schema does not know the argument id as the id of an execution; run generate']);
  });

  test('a rule of the gateway’s own field on an argument that it lacks stops the start', () => {
    const sdl = 'type Query { x: Int } type Subscription { watched(run: ID!): Int }';
    const row: AnyRow = { gateway: 'subscription', sdl: '', access: onExecution('view', 'id'), watch: 'execution' };
    const x: AnyRow = { gateway: 'query', sdl: '', access: authenticated(), resolve: () => 1 };
    expect(problemsOf(sdl, { x, watched: row })).toEqual([
      'operations.watched.access: the field has no argument id; it has run',
    ]);
    expect(problemsOf(sdl, { x, watched: { ...row, access: onExecution('view', 'run') } })).toEqual([]);
  });

  // `generate` has checked the rule; this is about a config that has changed since.
  test.each<[string, Partial<AnyRow>, RegExp | undefined]>([
    ['execution', { access: authenticated() }, /“id” chooses any execution/],
    ['execution', { access: role('admin') }, /“id” chooses any execution/],
    ['execution', { access: authenticated(), acceptRisk: 'operators see all' }, undefined],
    ['executionEvents', { access: authenticated() }, /“id” chooses any execution/],
    ['cancelExecution', { access: authenticated() }, /onExecution\('execute', 'id'\)/],
    ['executions', { access: authenticated() }, /lists the executions of all playbooks/],
    ['executionUpdates', { access: authenticated() }, /streams any execution/],
    ['executionUpdates', { access: authenticated(), acceptRisk: 'operators see all' }, undefined],
  ])('%s with a rule that does not look at the execution: %j', (field, change, want) => {
    const changed = { ...shippedOperations, [field]: { ...shippedOperations[field], ...change } as AnyRow };
    const problems = problemsOf(generatedSdl, changed);
    expect(problems).toEqual(want === undefined ? [] : [expect.stringMatching(want)]);
    expect(problems.every((line) => line.startsWith(`operations.${field}.access: `))).toBe(true);
  });

  test('a row without a rule does not open its field', () => {
    const ruleless = { upstream: 'GET /api/health' } as AnyRow;
    expect(problemsOf(`scalar JSON type Query { ${health} }`, { health: ruleless })).toHaveLength(1);
    expect(problemsOf('type Query { constructor: String }', {})).toHaveLength(1);
  });
});

describe('what clients see', () => {
  test('no call instructions, nor the types that only those need', async () => {
    const { schema } = executorCaller(silent);
    expect(printSchema(schema)).not.toMatch(/httpOperation|resolveRootField|transport|ObjMap|HTTPMethod|GatewayID/);
    const { data } = await graphql({ schema, source: getIntrospectionQuery() });
    expect(JSON.stringify(data)).not.toMatch(/httpOperation|resolveRootField|ObjMap|HTTPMethod|GatewayID|subgraph/);
  });

  test('who may call a field, beside what it does', () => {
    const { schema } = executorCaller(silent);
    expect(schema.getMutationType()?.getFields()['executePlaybook']?.description).toMatch(
      /^Starts a playbook.*\n\nMay be called by users with `execute` on the playbook in `name`\.$/,
    );
    for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
      for (const field of Object.values(root?.getFields() ?? {}))
        expect([field.name, field.description]).toEqual([field.name, expect.stringContaining('May be called by ')]);
    }
  });

  test('deprecations stay', () => {
    const sdl = `scalar JSON type Query { health: JSON @deprecated(reason: "old") @httpOperation(path: "/api/health", httpMethod: GET) @noetl(kind: "plain") }`;
    const { schema } = executorCaller(silent, { sdl, operations: { health: healthRow } });
    expect(schema.getQueryType()?.getFields()['health']?.deprecationReason).toBe('old');
  });
});

describe('the guard', () => {
  const rows: Readonly<Record<string, AnyRow>> = { health: healthRow };
  const sdl = `scalar JSON type Query { ${health} }`;

  test.each([
    ['no decision', {}, {}],
    ['a decision for another field', {}, { decision: { outcome: 'allowed', field: 'other' } as const }],
    ['an unknown outcome', {}, { decision: { outcome: 'maybe' as 'allowed' } }],
  ])('%s: refused, and nothing is called', async (name, _x, how) => {
    const { upstream, calls } = scriptedUpstream({ 'GET /api/health': { body: {} } });
    const { schema, ask } = executorCaller(upstream, { sdl, operations: rows });
    const result =
      name === 'no decision' ? await graphql({ schema, source: '{ health }' }) : await ask('{ health }', how);
    expect(codeIn(result)).toBe('ERR_ACCESS_DENIED');
    expect(calls).toEqual([]);
  });

  test('a denied decision answers with its own error', async () => {
    const { upstream, calls } = scriptedUpstream({});
    const { ask } = executorCaller(upstream, { sdl, operations: rows });
    const error = new GatewayError('ERR_STORE', 'x');
    expect(codeIn(await ask('{ health }', { decision: { outcome: 'denied', error } }))).toBe('ERR_STORE');
    expect(calls).toEqual([]);
  });

  test('the decision is found by the response key, and its arguments are the ones that are sent', async () => {
    const { upstream, calls } = scriptedUpstream({});
    const { ask } = executorCaller(upstream);
    await ask('{ alias: executionEvents(id: "9", page: 9) }', {
      decision: { outcome: 'allowed', field: 'executionEvents' },
      args: { id: '12', page: 2 },
    });
    expect(calls[0]).toMatchObject({ path: '/api/executions/12/events', query: [['page', '2']] });
  });
});

describe('rows of the config', () => {
  test('a gateway row answers with its own resolver', async () => {
    const operations: Readonly<Record<string, AnyRow>> = {
      me: {
        gateway: 'query',
        sdl: 'me: JSON',
        access: authenticated(),
        resolve: ({ args, user }) => ({ name: user.displayName, args }),
      },
    };
    const { ask } = executorCaller(silent, { sdl: 'scalar JSON type Query { me(a: Int): JSON }', operations });
    expect((await ask('{ me }', { args: { a: 1 } })).data).toEqual({ me: { name: 'Ada', args: { a: 1 } } });
    expect(codeIn(await ask('{ me }', { decision: { outcome: 'onAnswer' } }))).toBe('ERR_ACCESS_DENIED');
  });

  test('bounds and the request id travel with the call', async () => {
    const { upstream, calls } = scriptedUpstream({ 'GET /api/health': { body: {} } });
    const operations = { health: { ...healthRow, timeoutMs: 7, maxResponseBytes: 9 } };
    await executorCaller(upstream, { sdl: `scalar JSON type Query { ${health} }`, operations }).ask('{ health }');
    expect(calls[0]).toMatchObject({ timeoutMs: 7, maxResponseBytes: 9, requestId: 'request-1', route: '/api/health' });
  });

  test('an answer is reused for as long as the row says, per arguments; an error is not', async () => {
    const { upstream, calls } = scriptedUpstream({
      'GET /api/list': [{ status: 500 }, { body: { n: 1 } }, { body: { n: 2 } }, { body: { n: 3 } }],
    });
    const operations: Readonly<Record<string, AnyRow>> = {
      list: { upstream: 'GET /api/list', access: authenticated(), cacheTtlMs: 1_000 },
    };
    const sdl =
      'scalar JSON type Query { list(q: Int): JSON @httpOperation(path: "/api/list", httpMethod: GET, queryParamArgMap: {q: "q"}) @noetl(kind: "plain") }';
    const { ask, clock } = executorCaller(upstream, { sdl, operations });
    const read = async (q: number) => (await ask('{ list }', { args: { q } })).data?.['list'];
    expect(await read(1)).toBeNull();
    expect(await read(1)).toEqual({ n: 1 });
    clock.advance(999);
    expect(await read(1)).toEqual({ n: 1 });
    expect(await read(2)).toEqual({ n: 2 });
    clock.advance(1);
    expect(await read(1)).toEqual({ n: 3 });
    expect(calls).toHaveLength(4);
  });

  test('a fresh answer is filtered for each caller', async () => {
    const { upstream, calls } = scriptedUpstream({
      'POST /api/catalog/list': { body: { entries: [{ path: 'a/x' }, { path: 'b/y' }] } },
    });
    const operations: Readonly<Record<string, AnyRow>> = {
      playbooks: {
        upstream: 'POST /api/catalog/list',
        type: 'query',
        access: authenticated({ rows: 'playbooks' }),
        cacheTtlMs: 1_000,
      },
    };
    const sdl =
      'scalar JSON type Query { playbooks: JSON @httpOperation(path: "/api/catalog/list", httpMethod: POST, requestBaseBody: {}) @noetl(kind: "plain") }';
    const { ask } = executorCaller(upstream, { sdl, operations });
    const seenBy = async (prefix: string) =>
      (await ask('{ playbooks }', { rows: 'playbooks', may: (_permission, path) => path.startsWith(prefix) })).data;
    expect(await seenBy('a/')).toEqual({ playbooks: { entries: [{ path: 'a/x' }] } });
    expect(await seenBy('b/')).toEqual({ playbooks: { entries: [{ path: 'b/y' }] } });
    expect(calls).toHaveLength(1);
  });
});

test('a number that Int cannot hold is the upstream’s mistake, never an internal error', async () => {
  const sdl = `type Query { sizes: Sizes @httpOperation(path: "/sizes", httpMethod: GET) @noetl(kind: "plain") }
    type Sizes { small: Int large: Int many: [Int] }`;
  const operations = { sizes: { upstream: 'GET /sizes', access: authenticated() } };
  const body = { small: 7, large: 5_000_000_000, many: [1, 5_000_000_000] };
  const { upstream } = scriptedUpstream({ 'GET /sizes': { status: 200, body } });
  const { data, errors } = await executorCaller(upstream, { sdl, operations }).ask('{ sizes { small large many } }');
  expect(data).toEqual({ sizes: { small: 7, large: null, many: null } });
  expect(errors?.map(({ originalError }) => (originalError as GatewayError).code)).toEqual([
    'ERR_UPSTREAM',
    'ERR_UPSTREAM',
  ]);
});
