import {
  type AccessRequest,
  type AccessVerdict,
  allow,
  authenticated,
  closed,
  custom,
  defineGateway,
  onExecution,
  onPlaybook,
  role,
} from '../../index.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';

export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },

    // #region open-one-more
    cancellation: {
      upstream: 'GET /api/executions/{execution_id}/cancellation-check',
      description: 'Whether an execution was cancelled.',
      access: onExecution('view', 'id'),
      args: { execution_id: { name: 'id', description: 'Id of the execution.' } },
    },
    // #endregion
    // #region open
    runs: {
      upstream: 'GET /api/executions',
      description: 'Executions that the caller may view, newest first.',
      access: authenticated({ rows: 'executions' }),
    },
    // #endregion

    // #region read
    playbook: {
      upstream: 'POST /api/catalog/resource',
      type: 'query',
      access: onPlaybook('view', 'path'),
      args: { catalog_id: false },
    },
    // #endregion

    // #region arguments
    playbookForm: {
      upstream: 'GET /api/catalog/{path}/ui_schema',
      access: onPlaybook('view', 'playbook'),
      args: {
        path: { name: 'playbook', description: 'Its path in the catalog.' },
        version: false,
      },
    },
    latestRuns: {
      upstream: 'GET /api/executions',
      access: authenticated({ rows: 'executions' }),
      args: { page: { constant: 1 }, page_size: { constant: 3 } },
    },
    // #endregion

    // #region fields
    history: {
      upstream: 'GET /api/executions',
      access: authenticated({ rows: 'executions' }),
      fields: {
        execution_id: ['id', 'executionId'],
        duration_human: 'took',
        catalog_id: false,
        error: false,
      },
    },
    // #endregion

    // #region bounds
    dashboardStats: {
      upstream: 'GET /api/dashboard/stats',
      access: authenticated(),
      timeoutMs: 2_000,
      cacheTtlMs: 10_000,
      maxResponseBytes: 64 * 1024,
    },
    // #endregion

    // #region custom
    playbookSource: {
      upstream: 'POST /api/catalog/resource',
      type: 'query',
      access: custom(staffWhoMayEdit),
      args: { catalog_id: false, version: false },
    },
    // #endregion

    // #region templates
    dailyReport: {
      upstream: 'POST /api/execute',
      access: custom(({ may }) => may('execute', 'data/report')),
      args: {
        path: { constant: 'data/report' },
        workload: 'variables',
        catalog_id: false,
        parent_execution_id: false,
        resource_kind: false,
        version: false,
      },
      allowTemplates: true,
    },
    // #endregion

    // #region risk
    serverStatus: {
      upstream: 'GET /api/status',
      access: role('admin'),
      acceptRisk: 'The operators’ dashboard shows memory and CPU; admins only.',
    },
    // #endregion

    // #region closed
    upstreamHealth: { upstream: 'GET /api/health', access: closed() },
    // #endregion

    // #region optional
    workerPools: { upstream: 'GET /api/worker/pools', optional: true, access: role('admin') },
    // #endregion

    // #region me
    me: {
      gateway: 'query',
      sdl: 'me: Me!',
      typeDefs: /* GraphQL */ `
        type Me { id: ID!, name: String!, roles: [String!]!, sessionEnds: String! }
      `,
      access: authenticated(),
      resolve: ({ user, expiresAt }) => ({
        id: user.userId,
        name: user.displayName,
        roles: user.roles,
        sessionEnds: expiresAt.toISOString(),
      }),
    },
    // #endregion
    // #region composed
    playbookOverview: {
      gateway: 'query',
      sdl: 'playbookOverview(path: String!): PlaybookOverview',
      typeDefs: /* GraphQL */ `
        type PlaybookOverview { path: String!, kind: String, runs: Int!, failed: Int! }
      `,
      access: onPlaybook('view', 'path'),
      async resolve({ args, noetl }) {
        const [entry, runs] = await Promise.all([
          noetl('playbook', { path: args['path'] }),
          noetl('runs', { pageSize: 100 }),
        ]);
        const own = (runs as { path: string; status: string }[]).filter(({ path }) => path === args['path']);
        const failed = own.filter(({ status }) => status === 'FAILED');
        return { ...(entry as object), runs: own.length, failed: failed.length };
      },
    },
    // #endregion
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [allow('admin', 'all', '*'), allow('analyst', ['execute', 'view'], 'data/*')],
});

// #region custom-function
/** Colleagues only, and of those the ones who may change the playbook. */
async function staffWhoMayEdit({ user, args, may }: AccessRequest): Promise<boolean> {
  const path = args['path'];
  if (typeof path !== 'string' || user.email?.endsWith('@example.com') !== true) return false;
  return may('edit', path);
}
// #endregion
// #region office-hours
/** From Monday to Friday, or with a ticket. */
export function inOfficeHours({ time, headers }: AccessRequest): AccessVerdict {
  const ticket = headers['x-ticket'];
  if (ticket !== undefined) return { allow: true, reason: `ticket ${ticket}` };
  const isWorkday = time.getUTCDay() >= 1 && time.getUTCDay() <= 5;
  return isWorkday || { allow: false, reason: 'outside of office hours', show: true };
}
// #endregion
