import { defineGateway, whenPresent } from './gateway/config/gateway-config.ts';
import { endSessions, executionsUpdates, executionUpdates } from './gateway/config/gateway-rows.ts';
import { noetlTypes } from './gateway/config/noetl-types.ts';
import type { NoetlOperations } from './openapi/noetl.types.ts';
import { authenticated, onExecution, onPlaybook, onSource, role } from './plugins/noetl-auth/access/access-rule.ts';
import { allow } from './plugins/noetl-auth/access/grant.ts';

// Rows of operations that not every release of NoETL has. All others must be in the document: else `generate` stops.
const present = whenPresent<NoetlOperations>();

/** What of NoETL is open, to whom, and under which name. What is not here is closed. */
export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: {
      upstream: 'POST /api/execute',
      description: 'Starts a playbook. Ask execution(id) for its end, or wait for it with waitSeconds.',
      access: onPlaybook('execute', 'name'),
      rest: true,
      mcp: true,
    },
    execution: {
      upstream: 'GET /api/executions/{execution_id}',
      description:
        'One run of a playbook: its status, steps and result. Null when it does not exist or you may not see it.',
      access: onExecution('view', 'id'),
      rest: true,
      mcp: true,
    },
    rerunExecution: {
      upstream: 'POST /api/execute',
      description: 'Starts the playbook of an execution again.',
      access: onExecution('execute', 'id'),
      rest: true,
      mcp: true,
    },
    executions: {
      upstream: 'GET /api/executions',
      description: 'Executions of the playbooks that you may view, newest first.',
      access: authenticated({ rows: 'executions' }),
      args: { page: { description: 'From 1.' }, page_size: { description: 'Executions on a page.' } },
      fields: { execution_id: ['id', 'executionId'] },
      rest: true,
      mcp: true,
    },
    executionEvents: present('GET /api/executions/{execution_id}/events', {
      description: 'What happened in an execution, event by event.',
      access: onExecution('view', 'id'),
      args: {
        execution_id: { name: 'id', description: 'Id of the execution.' },
        page: { description: 'From 1.' },
        page_size: { description: 'Events on a page.' },
        since_event_id: { description: 'Only events after this one.' },
        event_type: { description: 'Only events of this type, for example step.exit.' },
      },
      rest: true,
      mcp: true,
    }),
    executionStatus: present('GET /api/executions/{execution_id}/status', {
      description:
        'The status of an execution in NoETL’s own form, for clients that speak its API; apps use execution(id).',
      access: onExecution('view', 'id'),
      args: {
        execution_id: { name: 'id', description: 'Id of the execution.' },
        full: { description: 'All of NoETL’s own state of the execution.' },
      },
      rest: true,
    }),
    cancelExecution: {
      upstream: 'POST /api/executions/{execution_id}/cancel',
      description: 'Cancels an execution and what it has started. One that is over is left alone.',
      access: onExecution('execute', 'id'),
      args: {
        execution_id: { name: 'id', description: 'Id of the execution.' },
        // Always sent: what the execution has started would go on otherwise.
        cascade: { constant: true },
        reason: { description: 'Why, for those who look at it later.' },
      },
      rest: true,
      mcp: true,
    },
    playbooks: {
      upstream: 'POST /api/catalog/list',
      description: 'The catalog: playbooks and other resources that you may view.',
      type: 'query',
      access: authenticated({ rows: 'playbooks' }),
      args: {
        resource_type: { description: 'Only resources of this kind, for example Playbook.' },
        path: { description: 'Only the resource at this path.' },
        agent_only: { description: 'Only playbooks that are agents.' },
        capability: { description: 'Only agents with this capability.' },
        capabilities: { description: 'Only agents with all of these capabilities.' },
      },
      rest: true,
      mcp: true,
    },
    playbook: {
      upstream: 'POST /api/catalog/resource',
      description: 'One entry of the catalog with its source.',
      type: 'query',
      access: onPlaybook('view', 'path'),
      args: {
        // It would name another playbook than the path that the access rule is on.
        catalog_id: false,
        path: { description: 'Path in the catalog.' },
        version: { description: 'A number, or latest, which is the default.' },
      },
      rest: true,
      mcp: true,
    },
    dashboardStats: present('GET /api/dashboard/stats', {
      description: 'How many executions and playbooks there are.',
      access: authenticated(),
      rest: true,
    }),
    upstreamHealth: present('GET /api/health', {
      description: 'Whether NoETL works.',
      access: authenticated(),
      rest: true,
    }),
    agents: present('POST /api/catalog/agents/list', {
      description: 'Playbooks that are agents, of those that you may view.',
      type: 'query',
      access: authenticated({ rows: 'playbooks' }),
      args: {
        capabilities: { description: 'Only agents with all of these capabilities.' },
        capability: { description: 'Only agents with this capability.' },
      },
      rest: true,
    }),
    playbookForm: present('GET /api/catalog/{path}/ui_schema', {
      description: 'The form that a playbook is started with.',
      access: onPlaybook('view', 'path'),
      args: { path: { description: 'Path in the catalog.' }, version: { description: 'A number, or latest.' } },
      rest: true,
    }),
    registerPlaybook: present('POST /api/catalog/register', {
      description: 'Registers a playbook, or a new version of one, from its source.',
      access: onSource('edit', 'content'),
      args: { content: { description: 'The source, YAML.' }, resource_type: { description: 'What it is.' } },
      rest: true,
    }),
    credentials: present('GET /api/credentials', {
      description: 'Credentials that NoETL keeps, without their secrets.',
      access: role('admin'),
      args: {
        q: { description: 'Only credentials with this text in their name.' },
        type: { description: 'Only credentials of this type.' },
      },
      rest: true,
    }),
    credential: present('GET /api/credentials/{identifier}', {
      description: 'One credential, without its secrets.',
      access: role('admin'),
      args: {
        identifier: { description: 'Its name or id.' },
        include_data: { constant: false },
        catalog_id: false,
        execution_id: false,
        parent_execution_id: false,
      },
      // Secrets go in and never come out, for admins as well.
      fields: { data: false },
      rest: true,
    }),
    saveCredential: present('POST /api/credentials', {
      description: 'Keeps a credential, or replaces it.',
      access: role('admin'),
      fields: { data: false },
      acceptRisk: 'secrets go in and never come out; admins keep the credentials of NoETL',
      args: {
        name: { description: 'The name that playbooks use.' },
        data: { description: 'The secret; it never comes out again.' },
        credential_type: { description: 'What it is for, for example postgres.' },
        description: { description: 'What it is, in words.' },
        meta: { description: 'Notes.' },
        tags: { description: 'Words to find it by.' },
      },
      rest: true,
    }),
    deleteCredential: present('DELETE /api/credentials/{identifier}', {
      description: 'Deletes a credential.',
      access: role('admin'),
      acceptRisk: 'admins keep the credentials of NoETL',
      args: { identifier: { description: 'Its name or id.' } },
      rest: true,
    }),
    executionUpdates: executionUpdates(),
    executionsUpdates: executionsUpdates(),
    endSessions: endSessions('admin'),
    workerPools: present('GET /api/worker/pools', {
      description: 'Workers that have registered with NoETL.',
      access: role('admin'),
      args: {
        runtime: { description: 'Only workers of this runtime.' },
        status: { description: 'Only workers with this status, for example ready.' },
      },
    }),
  },
  schema: { types: noetlTypes },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  // An exception narrows its own grant: a user with another role keeps what that one gives.
  grants: [
    allow('admin', ['execute', 'view', 'edit', 'delete'], '*'),
    allow('developer', ['execute', 'view', 'edit'], '*', { except: ['system/*', 'api_integration/auth0/*'] }),
    allow('analyst', ['execute', 'view'], 'data/*'),
    allow('viewer', ['view'], '*', { except: ['system/*', 'api_integration/auth0/*'] }),
  ],
});
