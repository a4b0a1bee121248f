import { expect, it } from 'vitest';
import { defineGateway } from '../../gateway/config/gateway-config.ts';
import { authenticated, onExecution, role } from '../../plugins/noetl-auth/access/access-rule.ts';

/** A release of NoETL that has two operations. */
type Few = {
  'GET /api/health': { args: 'deep'; fields: 'status' };
  'GET /api/executions/{execution_id}/status': { args: 'execution_id' | 'full'; fields: 'status' };
};

/** Operations of other releases, whose rows name arguments. */
type Others = { 'GET /api/executions/{execution_id}/events': { args: 'execution_id'; fields: never } };

/** Read by the compiler: each mark is an error of its own when the types let the mistake pass. */
const declared = defineGateway<Few & Others, 'admin'>({
  operations: {
    workerPools: { upstream: 'GET /api/worker/pools', optional: true, access: role('admin'), args: ['runtime'] },
    executionEvents: {
      upstream: 'GET /api/executions/{execution_id}/events',
      optional: true,
      access: onExecution('view', 'id'),
      args: { execution_id: 'id' },
    },
    ofAnyDocument: { upstream: 'PATCH /things/{id}', optional: true, access: role('admin'), fields: ['name'] },
    // Known, and checked.
    health: { upstream: 'GET /api/health', optional: true, access: authenticated(), args: { deep: false } },
    // @ts-expect-error the operation has no such argument
    wrong: { upstream: 'GET /api/health', optional: true, access: authenticated(), args: { depth: false } },
    beside: {
      upstream: 'GET /api/health',
      optional: true,
      access: authenticated(),
      // @ts-expect-error the same beside one that it has
      args: { deep: true, depth: false },
    },
    // @ts-expect-error its answer has no such field
    wrongField: { upstream: 'GET /api/health', optional: true, access: authenticated(), fields: { state: false } },
    // @ts-expect-error arguments of an unknown operation have no names
    names: { upstream: 'GET /api/worker/pools', optional: true, access: role('admin'), args: { runtime: 'kind' } },
    // @ts-expect-error it is not METHOD and path
    typo: { upstream: 'FETCH /api/worker/pools', optional: true, access: role('admin') },
    // @ts-expect-error there is no such role
    wrongRole: { upstream: 'GET /api/worker/pools', optional: true, access: role('admn') },
    // @ts-expect-error a row has a rule, whether the operation is known or not
    withoutRule: { upstream: 'GET /api/worker/pools', optional: true },
    // @ts-expect-error there is no such option, whether the operation is known or not
    wrongOption: { upstream: 'GET /api/worker/pools', optional: true, access: authenticated(), cacheTtl: 5 },
    // @ts-expect-error the document lacks it, and the row is not optional
    stats: { upstream: 'GET /api/dashboard/stats', access: authenticated() },
    // @ts-expect-error the same
    no: { upstream: 'GET /api/dashboard/stats', optional: false, access: authenticated() },
    // @ts-expect-error the operation has no such argument, and the row is not optional
    wrongArgument: { upstream: 'GET /api/health', access: authenticated(), args: { depth: false } },
    renamed: {
      upstream: 'GET /api/executions/{execution_id}/status',
      access: onExecution('view', 'id'),
      // @ts-expect-error beside an argument that the row renames
      args: { execution_id: { name: 'id' }, fulls: { constant: true } },
    },
  },
  roles: ['admin'],
  grants: [],
});

it('one config is right for releases with and without an operation', () => {
  expect(declared.operations['workerPools']).toEqual({
    upstream: 'GET /api/worker/pools',
    optional: true,
    access: role('admin'),
    args: ['runtime'],
  });
});
