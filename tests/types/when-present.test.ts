import { expect, it } from 'vitest';
import { defineGateway, whenPresent } from '../../gateway/config/gateway-config.ts';
import { authenticated, onExecution, role } from '../../plugins/noetl-auth/access/access-rule.ts';

/** A release of NoETL that has two operations. */
type Few = {
  'GET /api/health': { args: 'deep'; fields: 'status' };
  'GET /api/executions/{execution_id}/status': { args: 'execution_id' | 'full'; fields: 'status' };
};

const present = whenPresent<Few, 'admin'>();

/** Read by the compiler: each mark is an error of its own when the types let the mistake pass. */
const declared = defineGateway<Few, 'admin'>({
  operations: {
    // Unknown to this release, and free.
    workerPools: present('GET /api/worker/pools', { access: role('admin') }),
    executionEvents: present('GET /api/executions/{execution_id}/events', {
      access: onExecution('view', 'id'),
      args: { execution_id: 'id' },
    }),
    ofAnyDocument: present('PATCH /things/{id}', { access: role('admin'), args: { id: 'thing' }, fields: ['name'] }),
    // Known, and checked.
    health: present('GET /api/health', { access: authenticated(), args: { deep: false }, fields: ['status'] }),
    status: present('GET /api/executions/{execution_id}/status', {
      access: onExecution('view', 'id'),
      args: { execution_id: { name: 'id' } },
    }),
    writtenOut: { upstream: 'GET /api/health', access: authenticated(), whenPresent: true },
    // @ts-expect-error the operation has no such argument
    wrongArgument: present('GET /api/health', { access: authenticated(), args: { depth: false } }),
    // @ts-expect-error its answer has no such field
    wrongField: present('GET /api/health', { access: authenticated(), fields: { state: false } }),
    // @ts-expect-error the rule is on an argument that the operation lacks
    wrongRule: present('GET /api/executions/{execution_id}/status', { access: onExecution('view', 'run') }),
    // @ts-expect-error it is not METHOD and path
    typo: present('FETCH /api/worker/pools', { access: role('admin') }),
    // @ts-expect-error there is no such role
    wrongRole: present('GET /api/worker/pools', { access: role('admn') }),
    // @ts-expect-error a row has a rule, whether the operation is known or not
    withoutRule: present('GET /api/worker/pools', {}),
    // @ts-expect-error there is no such option, whether the operation is known or not
    wrongOption: present('GET /api/worker/pools', { access: authenticated(), cacheTtl: 5 }),
    // @ts-expect-error the document lacks it: present(…) says that it may be missing
    stats: { upstream: 'GET /api/dashboard/stats', access: authenticated() },
    // @ts-expect-error the same, since a row that is written out is checked
    absent: { upstream: 'GET /api/dashboard/stats', access: authenticated(), whenPresent: true },
    // @ts-expect-error it is there, and has no such argument, whatever the row says
    upstreamHealth: { upstream: 'GET /api/health', access: authenticated(), whenPresent: true, args: { depth: false } },
    renamed: {
      upstream: 'GET /api/executions/{execution_id}/status',
      access: onExecution('view', 'id'),
      // @ts-expect-error beside an argument that the row renames, and whatever rows of other documents may have
      args: { execution_id: { name: 'id' }, fulls: { constant: true } },
    },
  },
  roles: ['admin'],
  grants: [],
});

it('one config is right for releases with and without an operation', () => {
  expect(declared.operations['workerPools']).toEqual({
    upstream: 'GET /api/worker/pools',
    whenPresent: true,
    access: role('admin'),
  });
});
