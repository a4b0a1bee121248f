import type { OutputFile } from '../emit/emitter.ts';

/** The files of a new project, beside its manifest and NoETL's document. */
export function projectFiles(name: string): readonly OutputFile[] {
  return [
    { path: 'gateway.config.ts', content: gatewayConfig },
    { path: '.meshrc.ts', content: meshConfig },
    { path: 'tsconfig.json', content: `${JSON.stringify(compilerOptions, null, 2)}\n` },
    { path: '.gitignore', content: 'node_modules/\n.mesh/\n*.log\n' },
    { path: 'README.md', content: readme(name) },
  ];
}

/** The grants and operations that ship with the gateway. */
const gatewayConfig = `import {
  allow,
  authenticated,
  defineGateway,
  endSessions,
  onExecution,
  onPlaybook,
  role,
} from 'noetl-gateway';
import type { NoetlOperations } from './openapi/noetl.types.ts';

/** What of NoETL is open, to whom, and under which name. What is not here is closed. */
export default defineGateway<NoetlOperations>({
  operations: {
    executePlaybook: { upstream: 'POST /api/execute', access: onPlaybook('execute', 'name') },
    execution: { upstream: 'GET /api/executions/{execution_id}', access: onExecution('view', 'id') },
    executions: {
      upstream: 'GET /api/executions',
      access: authenticated({ rows: 'executions' }),
      fields: { execution_id: ['id', 'executionId'] },
    },
    executionEvents: {
      upstream: 'GET /api/executions/{execution_id}/events',
      access: onExecution('view', 'id'),
      whenPresent: true,
      args: { execution_id: 'id' },
    },
    cancelExecution: {
      upstream: 'POST /api/executions/{execution_id}/cancel',
      access: onExecution('execute', 'id'),
      args: { execution_id: 'id', cascade: { constant: true } },
    },
    playbooks: {
      upstream: 'POST /api/catalog/list',
      type: 'query',
      access: authenticated({ rows: 'playbooks' }),
    },
    playbook: {
      upstream: 'POST /api/catalog/resource',
      type: 'query',
      access: onPlaybook('view', 'path'),
      args: { catalog_id: false },
    },
    dashboardStats: { upstream: 'GET /api/dashboard/stats', access: authenticated(), whenPresent: true },
    upstreamHealth: { upstream: 'GET /api/health', access: authenticated(), whenPresent: true },
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
`;

const meshConfig = `import { meshConfig, withTransform } from 'noetl-gateway/mesh';
import { operations } from './mesh/generated/operations.ts';

/** For Mesh's own commands: the table decides, \`npm run generate\` writes it. */
export default withTransform(meshConfig(operations, './mesh/generated'), operations);
`;

const compilerOptions = {
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: ['node'],
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    erasableSyntaxOnly: true,
    rewriteRelativeImportExtensions: true,
    skipLibCheck: true,
  },
  include: ['*.ts', '.meshrc.ts', 'openapi/*.ts', 'client/*.ts', 'mesh/generated/*.ts'],
};

const readme = (name: string): string => `# ${name}

The public gateway of a NoETL platform: GraphQL and auth routes, generated from NoETL's own OpenAPI document, closed by
default. \`gateway.config.ts\` says what is open, to whom, and under which name.

| command | does |
| --- | --- |
| \`npm run dev\` | the gateway with a stand-in NoETL and a local OpenID issuer, on port 8090 |
| \`npm run pull -- <url or file>\` | fetches NoETL's document into \`openapi/\` |
| \`npm run diff -- <old> <new>\` | what a new document changes, and what that opens |
| \`npm run generate\` | writes everything that is generated; commit it |
| \`npm run check\` | type-checks, and fails when something generated is stale |
| \`npm run doctor\` | checks environment, NoETL, issuer and store |
| \`npm run explain -- --table\` | shows who may do what, and which grant allows it |
| \`npm start\` | the production server; needs \`GATEWAY_TRUSTED_ISSUERS\` and \`GATEWAY_AUDIENCES\` |

Serving needs none of what generates: a production install is \`npm ci --omit=dev --omit=optional\`, as in the generated
\`Dockerfile\`.
`;
