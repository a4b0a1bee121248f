import { readFileSync } from 'node:fs';
import { GatewayError } from '../../plugins/errors.ts';
import type { OutputFile } from '../emit/emitter.ts';

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

/** Facts of the package, for a project's manifest. */
export interface PackageFacts {
  /** What npm installs: a version range, or the file of a package. */
  readonly spec: string;
  /** Mesh and what else only `generate` and the compiler need, with the versions that go together. */
  readonly tools: Readonly<Record<string, string>>;
  /** Packages of which there must be one copy, with its version. */
  readonly overrides: Readonly<Record<string, string>>;
}

type Section = Readonly<Record<string, unknown>>;

/** What a project runs by `npm run`. `exec` replaces npm's shell, so that npm is the parent of the process. */
const scripts = {
  start: 'exec noetl-gateway serve',
  dev: 'exec noetl-gateway dev',
  pull: 'noetl-gateway pull',
  generate: 'noetl-gateway generate',
  check: 'tsc -p . && noetl-gateway generate --check',
  test: 'npm run check',
  diff: 'noetl-gateway diff',
  doctor: 'noetl-gateway doctor',
  explain: 'noetl-gateway explain',
} as const;

/** What `npm init` writes where no field has been set yet. */
const npmPlaceholder = 'echo "Error: no test specified" && exit 1';

/**
 * A project's `package.json`: what the gateway needs is added, and what is there stays, versions too. Only the module
 * type is changed, since the config is an ES module, and npm's placeholder of a test.
 * @param present the text of the one that is there
 * @throws ERR_CONFIG_INVALID when it is not a manifest
 */
export function projectManifest(name: string, { spec, tools, overrides }: PackageFacts, present = '{}'): string {
  const before = parseManifest(present);
  const development = section(before, 'devDependencies');
  const { 'noetl-gateway': developed, ...otherTools } = development;
  const own = Object.entries(section(before, 'scripts')).filter(([, command]) => command !== npmPlaceholder);
  const manifest = {
    name,
    private: true,
    ...before,
    type: 'module',
    engines: { node: '>=22.19', ...section(before, 'engines') },
    scripts: { ...scripts, ...Object.fromEntries(own) },
    // Serving needs it, so it does not stay among what a production install leaves out.
    dependencies: { 'noetl-gateway': developed ?? spec, ...section(before, 'dependencies') },
    devDependencies: sorted({ ...tools, ...otherTools }),
    overrides: { ...overrides, ...section(before, 'overrides') },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function parseManifest(text: string): Section {
  try {
    const value: unknown = JSON.parse(text);
    if (isSection(value)) return value;
  } catch {
    // Said below: the parser's own words quote the file.
  }
  throw new GatewayError('ERR_CONFIG_INVALID', 'package.json is not a JSON object', {
    problems: ['correct it, or remove it and run init again'],
  });
}

function section(manifest: Section, key: string): Section {
  const value = manifest[key];
  return isSection(value) ? value : {};
}

const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (entries: Section): Section =>
  Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * The config that ships with the gateway, for a project that has the gateway as a package: what it imports from the
 * sources comes from `noetl-gateway`.
 */
export function shippedConfig(): string {
  return asProjectConfig(readFileSync(new URL('../../gateway.config.ts', import.meta.url), 'utf8'));
}

/**
 * The shipped config as a project has it: its imports come from the package.
 * @throws TypeError when an import of the sources would be left: the project could not load it
 */
export function asProjectConfig(text: string): string {
  const written = text.replaceAll("from './index.ts'", "from 'noetl-gateway'");
  if (/from '\.\/(?!openapi\/)/.test(written))
    throw new TypeError('gateway.config.ts has an import that init cannot replace');
  return written;
}
