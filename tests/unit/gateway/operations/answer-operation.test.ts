import { describe, expect, test } from 'vitest';
import type { AnyRow } from '../../../../gateway/config/gateway-config.ts';
import { GatewayError } from '../../../../plugins/errors.ts';
import { authenticated, custom, onExecution, onPlaybook } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { codeIn, executorCaller, shippedOperations } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

describe('lists', () => {
  const entries = ['data/a', 'data/a', 'system/b', '../c', 'data//d', undefined, 7].map((path, index) => ({
    execution_id: `${index + 1}`,
    catalog_id: '1',
    path,
    status: 'RUNNING',
    version: 1,
    progress: 0,
    start_time: '2026-01-01T00:00:00Z',
  }));

  test('rows that the caller may not see, and rows without a path in normal form, are left out', async () => {
    const { upstream } = scriptedUpstream({ 'GET /api/executions': { body: entries } });
    const judged: string[] = [];
    const { ask } = executorCaller(upstream);
    const result = await ask('{ executions { id executionId path } }', {
      rows: 'executions',
      mayOnExecution: (permission, path) => judged.push(`${permission} ${path}`) > 0 && path.startsWith('data/'),
    });
    expect(result.data).toEqual({
      executions: [
        { id: '1', executionId: '1', path: 'data/a' },
        { id: '2', executionId: '2', path: 'data/a' },
      ],
    });
    expect(judged.toSorted()).toEqual(['view data/a', 'view system/b']);
  });

  test('"could not find out" is an error, not an empty list', async () => {
    const { upstream } = scriptedUpstream({ 'GET /api/executions': { body: entries } });
    const { ask } = executorCaller(upstream);
    const mayOnExecution = () => Promise.reject(new GatewayError('ERR_AUTH_UNAVAILABLE', 'x'));
    expect(codeIn(await ask('{ executions { id } }', { rows: 'executions', mayOnExecution }))).toBe(
      'ERR_AUTH_UNAVAILABLE',
    );
  });

  test('at most so many paths are judged, where that is set', async () => {
    const { upstream } = scriptedUpstream({ 'GET /api/executions': { body: entries } });
    const { ask } = executorCaller(upstream, { maxPathsPerAnswer: 1 });
    const result = await ask('{ executions { path } }', { rows: 'executions' });
    expect(result.data).toEqual({ executions: [{ path: 'data/a' }, { path: 'data/a' }] });
  });

  test.each([[{ secret: 1 }], ['<html>secret'], [7]])('an answer that is no list is an error: %j', async (body) => {
    const { upstream } = scriptedUpstream({ 'GET /api/executions': { body } });
    const result = await executorCaller(upstream).ask('{ executions { id } }', { rows: 'executions' });
    expect(codeIn(result)).toBe('ERR_UPSTREAM');
    expect(JSON.stringify(result)).not.toContain('secret');
  });

  test('an answer without the rows is an error, too', async () => {
    const { upstream } = scriptedUpstream({ 'POST /api/catalog/list': { body: { something: [] } } });
    const result = await executorCaller(upstream).ask('{ playbooks { entries { path } } }', { rows: 'playbooks' });
    expect(codeIn(result)).toBe('ERR_UPSTREAM');
  });
});

describe('the shape that the schema declares', () => {
  const stats = '{ dashboardStats { status } }';

  test.each([[[]], ['<html>'], [true]])('another one is an error, not an empty answer: %j', async (body) => {
    const { upstream } = scriptedUpstream({ 'GET /api/dashboard/stats': { body } });
    expect(codeIn(await executorCaller(upstream).ask(stats))).toBe('ERR_UPSTREAM');
  });

  test("NoETL's own null stays one", async () => {
    const { upstream } = scriptedUpstream({ 'GET /api/dashboard/stats': { body: null } });
    expect(await executorCaller(upstream).ask(stats)).toEqual({ data: { dashboardStats: null } });
  });
});

test('a route has the same name in metrics, for every field: the one of the document', async () => {
  const { upstream, calls } = scriptedUpstream({
    'GET /api/executions/7': { body: { execution_id: '7', path: 'data/x', status: 'RUNNING', start_time: 'x' } },
    'GET /api/executions/7/events': { body: { events: [] } },
  });
  const { ask } = executorCaller(upstream);
  const how = { decision: { outcome: 'onAnswer' }, args: { id: '7' }, mayOnExecution: () => true } as const;
  await ask('{ executionEvents(id: 7) }', how);
  expect(calls.map(({ route }) => route)).toEqual([
    '/api/executions/{execution_id}',
    '/api/executions/{execution_id}/events',
    '/api/executions/{execution_id}',
  ]);
});

describe('operations on an execution', () => {
  const operations: Readonly<Record<string, AnyRow>> = {
    vars: { upstream: 'GET /api/vars/{id}', access: onExecution('view', 'id') },
    source: { upstream: 'GET /api/source/{path}', access: onPlaybook('view', 'path') },
  };
  const sdl = `scalar JSON type Query {
    vars(id: ID!): JSON @httpOperation(path: "/api/vars/{args.id}", httpMethod: GET) @noetl(kind: "plain", executionIds: ["id"])
    source(path: String!): JSON @httpOperation(path: "/api/source/{args.path}", httpMethod: GET) @noetl(kind: "plain", catalogPaths: ["path"]) }`;
  const script = {
    'GET /api/executions/7': { body: { execution_id: '7', path: 'system/secret', status: 'RUNNING', start_time: 'x' } },
    'GET /api/vars/7': { body: { path: 'data/open' } },
  };

  test('are decided on the path of the detail, not on the content of the answer', async () => {
    const { upstream, seen } = scriptedUpstream(script);
    const { ask, events } = executorCaller(upstream, { sdl, operations });
    const how = { decision: { outcome: 'onAnswer' } as const, args: { id: '7' } };
    const mayOnExecution = (_permission: string, path: string) => path.startsWith('data/');
    const hidden = await ask('{ vars(id: 7) }', { ...how, mayOnExecution });
    const missing = await ask('{ vars(id: 7) }', { ...how, args: { id: '8' }, mayOnExecution });
    expect(hidden.errors?.[0]?.message).toBe(missing.errors?.[0]?.message);
    expect([codeIn(hidden), codeIn(missing)]).toEqual(['ERR_NOT_FOUND', 'ERR_NOT_FOUND']);
    expect(seen()).toEqual(['GET /api/executions/7', 'GET /api/executions/8']);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'decision', outcome: 'denied', path: 'system/secret', field: 'vars' }),
    );
    expect((await ask('{ vars(id: 7) }', how)).data).toEqual({ vars: { path: 'data/open' } });
  });

  test('an invalid id, and a path that is not in normal form, make no call', async () => {
    const { upstream, calls } = scriptedUpstream(script);
    const { ask } = executorCaller(upstream, { sdl, operations });
    expect(codeIn(await ask('{ vars(id: 7) }', { decision: { outcome: 'onAnswer' }, args: { id: 'exec-1' } }))).toBe(
      'ERR_REQUEST_INVALID',
    );
    expect(codeIn(await ask('{ source(path: "x") }', { args: { path: '../x' } }))).toBe('ERR_REQUEST_INVALID');
    expect(calls).toEqual([]);
  });
});

describe('reserved playbooks', () => {
  const reserved = 'api_integration/auth0/auth0_login';
  const operations: Readonly<Record<string, AnyRow>> = {
    ask: { upstream: 'POST /api/mcp/{path}/ask', access: custom(() => true) },
    state: { upstream: 'GET /api/state', access: authenticated(), acceptRisk: 'all may see it' },
  };
  const sdl = `scalar JSON
    type Query { state(run: ID, parent: ID): JSON
      @httpOperation(path: "/api/state", httpMethod: GET, queryParamArgMap: {execution_id: "run", parent_execution_id: "parent"})
      @noetl(kind: "plain", executionIds: ["run", "parent"]) }
    type Mutation { ask(path: String!): JSON @httpOperation(path: "/api/mcp/{args.path}/ask", httpMethod: POST)
      @noetl(kind: "start", catalogPaths: ["path"]) }`;
  const script = {
    'POST /api/mcp/data/x/ask': { body: { ok: true } },
    'GET /api/state': { body: { ok: true } },
    'GET /api/executions/7': { body: { execution_id: '7', path: reserved, status: 'RUNNING', start_time: 'x' } },
    'GET /api/executions/8': { body: { execution_id: '8', path: 'data/x', status: 'RUNNING', start_time: 'x' } },
  };

  test('are started by no call, whatever its rule', async () => {
    const { upstream, seen } = scriptedUpstream(script);
    const { ask } = executorCaller(upstream, { sdl, operations, reservedPaths: [reserved] });
    expect(codeIn(await ask('mutation { ask(path: "x") }', { args: { path: reserved } }))).toBe('ERR_ACCESS_DENIED');
    expect(seen()).toEqual([]);
    expect((await ask('mutation { ask(path: "x") }', { args: { path: 'data/x' } })).data).toEqual({
      ask: { ok: true },
    });
  });

  test.each([
    [{ run: '8' }, undefined],
    [{}, undefined],
    [{ run: '7' }, 'ERR_NOT_FOUND'],
    [{ run: '8', parent: '7' }, 'ERR_NOT_FOUND'],
    [{ run: 'exec-1' }, 'ERR_REQUEST_INVALID'],
  ])('their executions are opened by no argument: %j', async (args, code) => {
    const { upstream } = scriptedUpstream(script);
    const { ask } = executorCaller(upstream, { sdl, operations, reservedPaths: [reserved] });
    expect(codeIn(await ask('{ state }', { args }))).toBe(code);
  });
});

test('a header that cannot be forwarded does not hide an attempt on a hidden execution', async () => {
  const { upstream } = scriptedUpstream({
    'GET /api/executions/7': { body: { execution_id: '7', path: 'data/x', status: 'RUNNING', start_time: 'x' } },
  });
  const row = { ...shippedOperations['executionEvents'], headers: { 'x-note': { forward: true } } } as AnyRow;
  const { ask, events } = executorCaller(upstream, { operations: { ...shippedOperations, executionEvents: row } });
  const how = { decision: { outcome: 'onAnswer' }, args: { id: '7' }, headers: { 'x-note': 'é' } } as const;
  expect(codeIn(await ask('{ executionEvents(id: 7) }', { ...how, mayOnExecution: () => false }))).toBe(
    'ERR_NOT_FOUND',
  );
  expect(events).toContainEqual(expect.objectContaining({ type: 'decision', outcome: 'denied', path: 'data/x' }));
  expect(codeIn(await ask('{ executionEvents(id: 7) }', how))).toBe('ERR_REQUEST_INVALID');
});
