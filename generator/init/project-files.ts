import type { OutputFile } from '../emit/emitter.ts';
import { shippedConfig } from './shipped-config.ts';

/**
 * The files of a new project, beside its manifest and NoETL's document.
 * @param name of the project, as npm accepts it
 * @returns paths relative to the project
 */
export function projectFiles(name: string): readonly OutputFile[] {
  return [
    { path: 'gateway.config.ts', content: shippedConfig() },
    { path: '.meshrc.ts', content: meshConfig },
    { path: 'tsconfig.json', content: `${JSON.stringify(compilerOptions, null, 2)}\n` },
    { path: '.gitignore', content: 'node_modules/\n.mesh/\n*.log\n' },
    { path: 'README.md', content: readme(name) },
  ];
}

const meshConfig = `import { meshConfig, withTransform } from 'noetl-gateway/mesh';
import { operations } from './mesh/generated/operations.ts';

/** For Mesh's own commands: the table decides, \`npm run generate\` writes it. */
export default withTransform(meshConfig(operations, './mesh/generated'), operations);
`;

/**
 * For the config and the generated files only. Node runs them as they are, so that only types that can be erased are
 * allowed.
 */
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
default. \`gateway.config.ts\` lists the open operations, their access rules and their names.

| command | does |
| --- | --- |
| \`npm run dev\` | the gateway with a stand-in NoETL and a local OpenID issuer, on port 8090 |
| \`npm run pull -- <url or file>\` | fetches NoETL's document into \`openapi/\` |
| \`npm run diff -- <old> <new>\` | what a new document changes, and what that opens |
| \`npm run generate\` | writes everything that is generated; commit it |
| \`npm run check\` | type-checks, and fails when something generated is stale |
| \`npm run doctor\` | checks environment, NoETL, issuer and store |
| \`npm run explain -- --table\` | shows who may do what, and which grant allows it |
| \`npm start\` | the production server; needs \`GATEWAY_TRUSTED_ISSUERS\` and \`GATEWAY_AUDIENCES\`, and \`GATEWAY_SESSION_STORE\` for sessions that outlive a restart |

Serving does not need the packages of the generator: a production install is \`npm ci --omit=dev --omit=optional\`, as in the generated
\`Dockerfile\`.
`;
