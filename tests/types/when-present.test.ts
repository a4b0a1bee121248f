import { expect, it } from 'vitest';
import { authenticated, onExecution, role } from '../../core/access/access-rule.ts';
import { defineGateway } from '../../core/config/define-gateway.ts';

/** A release of NoETL that has one operation. */
type Few = { 'GET /api/health': { args: 'deep'; fields: 'status' } };

/** Read by the compiler. */
const declared = defineGateway<Few>({
  operations: {
    workerPools: { upstream: 'GET /api/worker/pools', access: role('admin'), whenPresent: true },
    executionEvents: {
      upstream: 'GET /api/executions/{execution_id}/events',
      access: onExecution('view', 'id'),
      whenPresent: true,
      args: { execution_id: 'id' },
    },
    // @ts-expect-error it is not there, and the row does not say that it may be absent
    stats: { upstream: 'GET /api/dashboard/stats', access: authenticated() },
    ofAnyDocument: { upstream: 'PATCH /things/{id}', access: role('admin'), whenPresent: true, args: { id: 'thing' } },
    // @ts-expect-error it is not METHOD and path
    typo: { upstream: 'FETCH /api/worker/pools', access: role('admin'), whenPresent: true },
    // @ts-expect-error it is there, and has no such argument
    upstreamHealth: { upstream: 'GET /api/health', access: authenticated(), args: { depth: false } },
  },
  roles: ['admin'],
  grants: [],
});

it('one config is right for releases with and without an operation', () => {
  expect(Object.keys(declared.operations)).toContain('executionEvents');
});
