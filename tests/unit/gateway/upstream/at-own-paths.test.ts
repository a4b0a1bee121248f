import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { ownPathsOf, usualPaths } from '../../../../gateway/calls/call-plan.ts';
import { pairRootFields, plansOf } from '../../../../gateway/calls/root-fields.ts';
import type { AnyRow } from '../../../../gateway/config/gateway-config.ts';
import { atOwnPaths } from '../../../../gateway/upstream/own-calls.ts';
import { authenticated, onExecution } from '../../../../plugins/noetl-auth/access/access-rule.ts';
import { generatedSdl, shippedOperations } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const moved = {
  execute: '/api/v2/run',
  members: { playbook: 'playbook', workload: 'input', execution: 'run_id' },
  executions: '/api/v2/runs',
};

function ownPathsIn(sdl: string, operations: Readonly<Record<string, AnyRow>>) {
  const { fields, problems } = pairRootFields(parse(sdl), operations);
  expect(problems).toEqual([]);
  return ownPathsOf(plansOf(fields));
}

test('paths and names are those of the schema, else the usual ones', () => {
  expect(ownPathsIn(generatedSdl, shippedOperations)).toEqual(usualPaths);
  expect(ownPathsOf([])).toEqual(usualPaths);
  const access = authenticated();
  const sdl = `
    type Query { run(id: ID!): String @httpOperation(path: "/api/v2/runs/{args.id}", httpMethod: GET)
      @noetl(kind: "execution", executionIds: ["id"]) }
    type Mutation { start(name: String!): String
      @httpOperation(path: "/api/v2/run", httpMethod: POST, requestBaseBody: {playbook: "{args.name}"})
      @noetl(kind: "execute", catalogPaths: ["name"], playbook: "playbook", workload: "input", execution: "run_id")
      sql: String @httpOperation(path: "/api/postgres/execute", httpMethod: POST) @noetl(kind: "plain") }`;
  const rows: Readonly<Record<string, AnyRow>> = {
    run: { upstream: 'GET /api/v2/runs/{id}', access: onExecution('view', 'id') },
    start: { upstream: 'POST /api/v2/run', access },
    sql: { upstream: 'POST /api/postgres/execute', access },
  };
  expect(ownPathsIn(sdl, rows)).toEqual(moved);
});

test('own calls go where NoETL has them now, and no other call does', async () => {
  const { upstream, calls } = scriptedUpstream({});
  const own = atOwnPaths(upstream, moved);
  const asked = ['/api/execute', '/api/executions', '/api/executions/7/status', '/api/auth/login', '/api/executionsX'];
  for (const path of asked) await own.request({ method: 'GET', path, route: path, idempotent: true });
  expect(calls.map(({ path }) => path)).toEqual([
    '/api/v2/run',
    '/api/v2/runs',
    '/api/v2/runs/7/status',
    '/api/auth/login',
    '/api/executionsX',
  ]);
  expect(calls.map(({ route }) => route)).toEqual(calls.map(({ path }) => path));
  expect(atOwnPaths(upstream, usualPaths)).toBe(upstream);
});

test('a start is sent by the names that the document has, and its id comes back by the usual one', async () => {
  const { upstream, calls } = scriptedUpstream({ 'POST /api/v2/run': { body: { run_id: '7', status: 'started' } } });
  const body = { path: 'a/b', workload: { x: 1 }, version: 2 };
  const call = { method: 'POST', path: '/api/execute', route: '/api/execute', idempotent: false, body } as const;
  const reply = await atOwnPaths(upstream, moved).request(call);
  expect(calls[0]?.body).toEqual({ playbook: 'a/b', input: { x: 1 }, version: 2 });
  expect(reply.body).toMatchObject({ execution_id: '7' });
});
