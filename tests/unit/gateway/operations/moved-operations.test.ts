import { describe, expect, test } from 'vitest';
import type { AnyRow } from '../../../../gateway/config/gateway-config.ts';
import { authenticated } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { executorCaller, generatedSdl, shippedOperations } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

describe('operations with rules of their own, where NoETL has moved them', () => {
  const moved = generatedSdl.replaceAll('"/api/', '"/api/v2/');
  const operations = Object.fromEntries(
    Object.entries(shippedOperations).map(([name, row]) => [
      name,
      'upstream' in row ? { ...row, upstream: row.upstream.replace(' /api/', ' /api/v2/') } : row,
    ]),
  );
  const finished = {
    body: { execution_id: '7', path: 'data/x', status: 'CANCELLED', start_time: '2026-01-01T00:00:00Z' },
  };
  const how = { decision: { outcome: 'onAnswer' }, args: { id: '7' }, mayOnExecution: () => true } as const;

  test('a cancel still looks first', async () => {
    const { upstream, seen } = scriptedUpstream({ 'GET /api/v2/executions/7': finished });
    const { ask } = executorCaller(upstream, { sdl: moved, operations });
    const { data } = await ask('mutation { cancelExecution(id: 7) { status } }', how);
    expect(data).toEqual({ cancelExecution: { status: 'already_completed' } });
    expect(new Set(seen())).toEqual(new Set(['GET /api/v2/executions/7']));
  });

  test('a playbook is started as the protocol says, and an execution read', async () => {
    const { upstream, calls } = scriptedUpstream({
      'POST /api/v2/execute': { body: { execution_id: '7', status: 'started' } },
      'GET /api/v2/executions/7': finished,
    });
    const { ask } = executorCaller(upstream, { sdl: moved, operations });
    const started = await ask('mutation { executePlaybook(name: "data/x") { id status } }', {
      args: { name: 'data/x' },
    });
    expect(started.data).toEqual({ executePlaybook: { id: '7', status: 'running' } });
    expect(calls[0]?.body).toEqual({ path: 'data/x', workload: {} });
    expect((await ask('{ execution(id: 7) { status } }', how)).data).toEqual({ execution: { status: 'CANCELLED' } });
  });

  test('what only ends like it starts no playbook', async () => {
    const sdl = `scalar JSON type Query { a: JSON @httpOperation(path: "/a", httpMethod: GET) @noetl(kind: "plain") }
      type Mutation { sql(query: String): JSON @httpOperation(path: "/api/postgres/execute", httpMethod: POST,
        requestBaseBody: {query: "{args.query}"}) @noetl(kind: "plain") } directive @httpOperation(path: String, httpMethod: String, requestBaseBody: ObjMap) on FIELD_DEFINITION scalar ObjMap`;
    const { upstream } = scriptedUpstream({ 'POST /api/postgres/execute': { body: { rows: 1 } } });
    const rows: Readonly<Record<string, AnyRow>> = {
      a: { upstream: 'GET /a', access: authenticated() },
      sql: { upstream: 'POST /api/postgres/execute', access: authenticated() },
    };
    const { ask } = executorCaller(upstream, { sdl, operations: rows });
    expect((await ask('mutation { sql(query: "x") }', { args: { query: 'x' } })).data).toEqual({ sql: { rows: 1 } });
  });
});
