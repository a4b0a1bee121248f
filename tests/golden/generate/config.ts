import { authenticated, custom, onExecution, onPlaybook, role } from '../../../plugins/noetl-auth/access/access-rule.ts';
import { allow } from '../../../plugins/noetl-auth/access/grant.ts';
import type { GatewayConfig } from '../../../gateway/config/gateway-config.ts';

/** A row of every kind. */
export const config: GatewayConfig = {
  operations: {
    executePlaybook: {
      upstream: 'POST /api/execute',
      access: onPlaybook('execute', 'name'),
      description: 'Starts a playbook.',
    },
    execution: { upstream: 'GET /api/executions/{id}', access: onExecution('view', 'id') },
    executions: {
      upstream: 'GET /api/executions',
      access: authenticated({ rows: 'executions' }),
      args: { page: { description: 'Number of the page.' }, page_size: { constant: 50 } },
      fields: { execution_id: ['id', 'executionId'], secret: false, 'content-type': 'mediaType' },
    },
    stopExecution: {
      upstream: 'POST /api/executions/{execution_id}/cancel',
      access: onExecution('execute', 'id'),
      args: { execution_id: 'id', cascade: { constant: true }, 'dry run': 'dryRun' },
    },
    playbooks: { upstream: 'POST /api/catalog/list', type: 'query', access: authenticated({ rows: 'playbooks' }) },
    firstPlaybooks: {
      upstream: 'POST /api/catalog/list',
      type: 'query',
      access: role('admin'),
      args: { limit: { constant: 5 }, version: false, path: false },
    },
    notes: { upstream: 'PUT /api/notes', access: custom(() => true), args: { input: 'lines' } },
    later: { upstream: 'GET /api/later', access: authenticated(), optional: true },
    me: {
      gateway: 'query',
      sdl: 'me(verbose: Boolean = false): Me!',
      typeDefs: 'type Me { id: ID! "Names." roles: [String!]! }',
      access: authenticated(),
      resolve: () => undefined,
    },
  },
  roles: ['admin'],
  grants: [allow('admin', 'all', '*')],
};
