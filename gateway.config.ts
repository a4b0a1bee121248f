import { authenticated, onExecution, onPlaybook, onSource, role } from './core/access/access-rule.ts';
import { allow } from './core/access/grant.ts';
import { defineGateway } from './core/config/define-gateway.ts';
import { endSessions } from './core/config/end-sessions.ts';
import type { NoetlOperations } from './openapi/noetl.types.ts';

/** What of NoETL is open, to whom, and under which name. What is not here is closed. */
export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name'), rest: true },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id'), rest: true },
    rerunExecution: { upstream: 'POST /api/execute', access: onExecution('execute', 'id'), rest: true },
    executions: {
      upstream: 'GET /api/executions',
      access: authenticated({ rows: 'executions' }),
      fields: { execution_id: ['id', 'executionId'] },
      rest: true,
    },
    executionEvents: {
      upstream: 'GET /api/executions/{execution_id}/events',
      access: onExecution('view', 'id'),
      whenPresent: true,
      args: { execution_id: 'id' },
      rest: true,
    },
    executionStatus: {
      upstream: 'GET /api/executions/{execution_id}/status',
      access: onExecution('view', 'id'),
      whenPresent: true,
      args: { execution_id: 'id' },
      rest: true,
    },
    cancelExecution: {
      upstream: 'POST /api/executions/{execution_id}/cancel',
      access: onExecution('execute', 'id'),
      args: { execution_id: 'id', cascade: { constant: true } },
      rest: true,
    },
    playbooks: {
      upstream: 'POST /api/catalog/list',
      type: 'query',
      access: authenticated({ rows: 'playbooks' }),
      rest: true,
    },
    playbook: {
      upstream: 'POST /api/catalog/resource',
      type: 'query',
      access: onPlaybook('view', 'path'),
      args: { catalog_id: false },
      rest: true,
    },
    agents: {
      upstream: 'POST /api/catalog/agents/list',
      type: 'query',
      access: authenticated({ rows: 'playbooks' }),
      whenPresent: true,
      rest: true,
    },
    playbookForm: {
      upstream: 'GET /api/catalog/{path}/ui_schema',
      access: onPlaybook('view', 'path'),
      whenPresent: true,
      rest: true,
    },
    registerPlaybook: {
      upstream: 'POST /api/catalog/register',
      access: onSource('edit', 'content'),
      whenPresent: true,
      rest: true,
    },
    credentials: {
      upstream: 'GET /api/credentials',
      access: role('admin'),
      whenPresent: true,
      rest: true,
    },
    credential: {
      upstream: 'GET /api/credentials/{identifier}',
      access: role('admin'),
      args: { include_data: { constant: false }, catalog_id: false, execution_id: false, parent_execution_id: false },
      fields: { data: false },
      whenPresent: true,
      rest: true,
    },
    saveCredential: {
      upstream: 'POST /api/credentials',
      access: role('admin'),
      fields: { data: false },
      acceptRisk: 'secrets go in and never come out; admins keep the credentials of NoETL',
      whenPresent: true,
      rest: true,
    },
    deleteCredential: {
      upstream: 'DELETE /api/credentials/{identifier}',
      access: role('admin'),
      acceptRisk: 'admins keep the credentials of NoETL',
      whenPresent: true,
      rest: true,
    },
    dashboardStats: { upstream: 'GET /api/dashboard/stats', access: authenticated(), whenPresent: true, rest: true },
    upstreamHealth: { upstream: 'GET /api/health', access: authenticated(), whenPresent: true, rest: true },
    endSessions: endSessions('admin'),
    workerPools: { upstream: 'GET /api/worker/pools', access: role('admin'), whenPresent: true },
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [
    allow('admin', ['execute', 'view', 'edit', 'delete'], '*'),
    allow('developer', ['execute', 'view', 'edit'], '*', { except: ['system/*', 'api_integration/auth0/*'] }),
    allow('analyst', ['execute', 'view'], 'data/*'),
    allow('viewer', ['view'], '*', { except: ['system/*', 'api_integration/auth0/*'] }),
  ],
});
