import { allow, authenticated, defineGateway, onExecution, onPlaybook } from '../../index.ts';
import type { NoetlOperations } from '../../openapi/noetl.types.ts';

export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },
    me: { gateway: 'query', sdl: 'me: [String!]!', access: authenticated(), resolve: ({ user }) => user.roles },
  },
  roles: ['admin', 'developer', 'analyst', 'viewer'],
  grants: [allow('developer', ['execute', 'view'], '*'), allow('analyst', ['execute', 'view'], 'data/*')],

  // #region noetl-decides
  auth: {
    login: { kind: 'playbook' },
    validator: { kind: 'http' },
    access: { checker: 'playbook', combine: 'both', cacheTtlMs: 2_000 },
  },
  // #endregion
});
