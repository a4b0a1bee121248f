import { GraphQLError } from 'graphql';
import { allow, authenticated, defineGateway, deny, env, onExecution, onPlaybook, role } from '../../index.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';

// #region roles
type Role = 'operator' | 'data-team' | 'auditor';

export default defineGateway<NoetlOperations, Role>({
  roles: ['operator', 'data-team', 'auditor'],
  grants: [
    allow('operator', 'all', '*'),
    allow('data-team', ['execute', 'view'], ['data/*', 'reports/*']),
    deny('data-team', ['execute'], 'data/payroll/*'),
    allow('auditor', ['view'], '*'),
  ],
  // #endregion
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },
    workerPools: { upstream: 'GET /api/worker/pools', access: role('operator', 'auditor') },
    dashboardStats: { upstream: 'GET /api/dashboard/stats', access: authenticated() },
  },

  // #region env
  upstream: {
    baseUrl: env('NOETL_BASE_URL', 'http://noetl.noetl.svc.cluster.local:8082'),
    timeoutSecs: env('UPSTREAM_SECONDS', 10),
    maxResponseBytes: 4 * 1024 * 1024,
  },
  sessions: {
    store: env('PLATFORM_SESSION_STORE', 'memory:', { secret: true }),
    maxHours: 12,
  },
  // #endregion

  // #region limits
  limits: {
    bodyBytes: 64 * 1024,
    queryRootFields: 3,
    queryDepth: 8,
    loginsPerMinute: env('LOGINS_PER_MINUTE', 30),
  },
  // #endregion

  // #region local-login
  auth: {
    login: {
      kind: 'local',
      rolesClaim: 'groups',
      roleMap: { 'platform-admins': ['operator'], 'data-engineers': ['data-team'] },
      defaultRoles: ['auditor'],
    },
  },
  // #endregion

  // #region plugin
  plugins: [
    {
      onExecute({ args }) {
        if (args.document.definitions.length > 2) throw new GraphQLError('One operation and one fragment at most.');
      },
    },
  ],
  // #endregion
});
