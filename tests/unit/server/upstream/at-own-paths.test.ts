import { expect, test } from 'vitest';
import { authenticated } from '../../../../core/access/access-rule.ts';
import { ownPathsOf } from '../../../../core/noetl/own-paths.ts';
import { atOwnPaths } from '../../../../server/upstream/at-own-paths.ts';
import { shippedOperations } from '../../../support/executor-caller.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';

const access = authenticated();
const usual = { execute: '/api/execute', executions: '/api/executions' };
const moved = { execute: '/api/v2/execute', executions: '/api/v2/executions' };

test('paths are those of the config, else the usual ones', () => {
  expect(ownPathsOf(shippedOperations)).toEqual(usual);
  expect(ownPathsOf({})).toEqual(usual);
  expect(
    ownPathsOf({
      executePlaybook: { upstream: 'POST /api/v2/execute', access },
      execution: { upstream: 'GET /api/v2/executions/{id}', access },
    }),
  ).toEqual(moved);
});

test('another operation that ends in /execute is not where playbooks start', () => {
  expect(ownPathsOf({ sql: { upstream: 'POST /api/postgres/execute', access } })).toEqual(usual);
});

test('own calls go where NoETL has them now, and no other call does', async () => {
  const { upstream, calls } = scriptedUpstream({});
  const own = atOwnPaths(upstream, moved);
  const asked = ['/api/execute', '/api/executions', '/api/executions/7/status', '/api/auth/login', '/api/executionsX'];
  for (const path of asked) await own.request({ method: 'GET', path, route: path, idempotent: true });
  expect(calls.map(({ path }) => path)).toEqual([
    '/api/v2/execute',
    '/api/v2/executions',
    '/api/v2/executions/7/status',
    '/api/auth/login',
    '/api/executionsX',
  ]);
  expect(calls.map(({ route }) => route)).toEqual(calls.map(({ path }) => path));
  expect(atOwnPaths(upstream, usual)).toBe(upstream);
});
