import { expect, it } from 'vitest';
import { env } from '../../gateway/config/environment.ts';
import { defineGateway, type GatewayConfig } from '../../gateway/config/gateway-config.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';
import { authenticated, custom, onExecution, onPlaybook, role } from '../../plugins/noetl-auth/access/access-rule.ts';
import { allow, deny } from '../../plugins/noetl-auth/access/grant.ts';

/** Read by the compiler: each mark is an error of its own when the types let the mistake pass. */
const mistaken = () =>
  defineGateway<NoetlOperations>({
    operations: {
      // @ts-expect-error the protocol's argument is `name`
      executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'nam') },
      // @ts-expect-error the protocol's argument is `id`
      execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'ident') },
      // @ts-expect-error the operation has no argument `paht`
      playbook: { upstream: 'POST /api/catalog/resource', type: 'query', access: onPlaybook('view', 'paht') },
      // @ts-expect-error hiding an argument gives none of them another name
      hiding: { upstream: 'POST /api/catalog/resource', access: onPlaybook('view', 'paht'), args: { version: false } },
      // @ts-expect-error there is no such operation
      key: { upstream: 'GET /api/executons', access: authenticated() },
      // @ts-expect-error there is no such argument
      argument: { upstream: 'GET /api/executions', access: authenticated(), args: { pagesize: 'size' } },
      // @ts-expect-error there is no such field in the answer
      field: { upstream: 'GET /api/executions', access: authenticated(), fields: { state: false } },
      // @ts-expect-error there is no such role
      role: { upstream: 'GET /api/executions', access: role('admn') },
      // @ts-expect-error there is no such permission
      permission: { upstream: 'POST /api/catalog/resource', access: onPlaybook('exekute', 'path') },
      // @ts-expect-error a row has a rule
      ruleless: { upstream: 'GET /api/executions' },
      // @ts-expect-error there is no such option
      option: { upstream: 'GET /api/executions', access: authenticated(), cacheTtl: 5 },
      // @ts-expect-error a field of the gateway's own has a resolver
      unresolved: { gateway: 'query', sdl: 'unresolved: Int', access: authenticated() },
    },
    roles: ['admin'],
    grants: [
      // @ts-expect-error there is no such role
      allow('admn', 'all', '*'),
      // @ts-expect-error there is no such permission
      deny('admin', ['exekute'], '*'),
    ],
  });

const misspelled = () =>
  defineGateway<NoetlOperations>({
    operations: {},
    roles: [],
    grants: [],
    // @ts-expect-error there is no such section
    upstraem: {},
  });

/** Everything that is right passes. */
const right = () =>
  defineGateway<NoetlOperations, 'operator' | 'auditor'>({
    operations: {
      executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
      execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },
      status: { upstream: 'GET /api/executions/{execution_id}/status', access: onExecution('view', 'executionId') },
      renamed: {
        upstream: 'GET /api/executions/{execution_id}/status',
        access: onExecution('view', 'run'),
        args: { execution_id: { name: 'run', description: 'Which.' } },
      },
      listed: { upstream: 'GET /api/executions', access: role('operator', 'auditor'), fields: { status: ['a', 'b'] } },
      judged: { upstream: 'GET /api/executions', access: custom(({ user }) => user.roles.length > 1) },
      me: { gateway: 'query', sdl: 'me: ID', access: authenticated(), resolve: ({ user }) => user.userId },
    },
    roles: ['operator', 'auditor'],
    grants: [allow('operator', ['execute', 'modify'], ['a/*', 'b/*']), deny('auditor', 'all', 'a/*')],
    upstream: { baseUrl: env('NOETL', 'http://127.0.0.1:1'), timeoutSecs: env('SECS', 5) },
  });

it('leaves a declaration as it is', () => {
  expect(Object.keys(right().operations)).toContain('renamed');
  expect((mistaken() as unknown as GatewayConfig).roles).toEqual(['admin']);
  expect(misspelled()).toHaveProperty('upstraem');
});
