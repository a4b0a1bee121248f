import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { GatewayError } from '../plugins/errors.ts';
import type { OutputFile } from './emit/emitter.ts';
import { readIfPresent } from './project-folder.ts';
import { pulledFiles } from './pull/pulled-files.ts';

/**
 * The files of a new project, beside its manifest and NoETL's document.
 * @param name of the project, as npm accepts it
 * @returns paths relative to the project
 */
function projectFiles(name: string): readonly OutputFile[] {
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
  return asProjectConfig(readFileSync(new URL('../gateway.config.ts', import.meta.url), 'utf8'));
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

export interface InitOptions {
  /** The new project's folder; made when it is missing. */
  readonly dir: string;
  /** URL or file of NoETL's OpenAPI document. A file's path is relative to the folder of the caller. */
  readonly openapi: string;
  /** The project's name; the folder's by default. */
  readonly name?: string;
  readonly package: PackageFacts;
  readonly steps: InitSteps;
  /** Install the project's packages, and pull with them when this folder has no packages. Default true. */
  readonly install?: boolean;
}

/** What happens outside of the project's own files. */
export interface InitSteps {
  /**
   * Pulls the document into the project.
   * @returns false when the packages that read documents are not installed here; then it has only been looked at.
   * @throws ERR_SPEC_INVALID, ERR_SPEC_UNSUPPORTED
   */
  pull(source: string, projectDir: string): Promise<boolean>;
  /** Installs what the project's manifest names. @throws GatewayError when that failed */
  install(projectDir: string): Promise<void>;
  /** Pulls with the command that was installed into the project. @throws GatewayError when that failed */
  pullInstalled(source: string, projectDir: string): Promise<void>;
}

export interface InitResult {
  readonly dir: string;
  /** Files that were written, beside those of `pull`. */
  readonly files: readonly string[];
  /** What to type next, in order. */
  readonly nextSteps: readonly string[];
}

/** Files that are no sign of a project, or that `npm install noetl-gateway` leaves behind. */
const harmless = new Set([
  ...['.git', '.gitattributes', '.gitignore', '.DS_Store', '.editorconfig', '.npmrc', '.nvmrc', '.node-version'],
  ...['LICENSE', 'README.md', 'package.json', 'package-lock.json', 'node_modules'],
]);

/**
 * Begins a gateway project: its manifest, config, Mesh's config and NoETL's document. The manifest of the folder is
 * completed, its other files are not touched, and nothing is written before the document could be read.
 * @throws ERR_CONFIG_INVALID when the folder holds something else; what the steps throw, with what to type next
 */
export async function init(options: InitOptions): Promise<InitResult> {
  const { install = true, steps } = options;
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true });
  // Everything that can be refused comes first: the folder, the manifest, the document.
  const source = sourceFrom(options.openapi);
  const present = await checkFolder(dir, [source, fileOfSpec(options.package.spec, dir)]);
  const name = projectName(options.name ?? basename(dir));
  const before = present.includes('package.json') ? await readFile(join(dir, 'package.json'), 'utf8') : undefined;
  const manifest = projectManifest(name, options.package, before);

  const pulled = await steps.pull(source, dir);
  const files = projectFiles(name).filter(({ path }) => !present.includes(path));
  // `wx` refuses a file that has appeared meanwhile. The manifest is replaced only when it was read above.
  await writeFile(join(dir, 'package.json'), manifest, before === undefined ? { flag: 'wx' } : {});
  for (const { path, content } of files) await writeFile(join(dir, path), content, { flag: 'wx' });

  const enter = dir === process.cwd() ? [] : [`cd ${quoted(seenFromHere(dir))}`];
  // Without the packages that read documents the pull has only looked at it; the project's own command pulls it then.
  const pullStep = pulled ? [] : [`npx noetl-gateway pull ${quoted(sourceSeenFrom(dir, source))}`];
  const last = ['npm run generate', 'npm run dev'];
  if (install) {
    await explained(() => steps.install(dir), [...enter, 'npm install', ...pullStep, ...last]);
    if (!pulled) await explained(() => steps.pullInstalled(source, dir), [...enter, ...pullStep, ...last]);
  }
  const paths = await pulledPaths(dir);
  if (['login', 'session/validate'].every((name) => 'post' in (paths[`/api/auth/${name}`] ?? {}))) {
    await writeFile(join(dir, 'gateway.config.ts'), withAuthCalls(shippedConfig()));
  }
  const rows = rowsAdvice(paths);
  return {
    dir,
    files: ['package.json', ...files.map(({ path }) => path)],
    nextSteps: [...enter, ...(install ? [] : ['npm install', ...pullStep]), ...rows, ...last],
  };
}

type Paths = Readonly<Record<string, object>>;

/** Empty before the first pull. */
async function pulledPaths(dir: string): Promise<Paths> {
  const text = (await readIfPresent(join(dir, pulledFiles.document))) ?? '{}';
  return (JSON.parse(text) as { readonly paths?: Paths }).paths ?? {};
}

/** For a NoETL that logs in by calls of its own. */
const withAuthCalls = (config: string): string =>
  config.replace(
    '\n  operations: {',
    `
  // By calls of NoETL: as playbooks, logins would wait for the workers that users keep busy.
  auth: { login: { kind: 'http' }, validator: { kind: 'http' } },
  operations: {`,
  );

/** What has to be edited first: the config has the rows of NoETL's document, and of another one none of them can be made. */
function rowsAdvice(paths: Paths): readonly string[] {
  const all = Object.entries(paths);
  if (all.length === 0 || all.some(([path, item]) => path.endsWith('/execute') && 'post' in item)) return [];
  const [read] = all.find(([path, item]) => 'get' in item && !path.includes('{')) ?? all[0] ?? [];
  return [
    `edit gateway.config.ts: the document is not NoETL’s (it has no POST /api/execute), so its own operations must take the place of the rows, for example { upstream: 'GET ${read}', access: role('admin') }`,
  ];
}

/** @returns the folder's files. @throws ERR_CONFIG_INVALID when others than harmless ones are among them */
async function checkFolder(dir: string, given: readonly (string | undefined)[]): Promise<readonly string[]> {
  const present = await readdir(dir);
  const inTheWay = present.filter((file) => !harmless.has(file) && !given.includes(join(dir, file)));
  if (inTheWay.length === 0) return present;
  const isProject = inTheWay.includes('gateway.config.ts');
  throw new GatewayError('ERR_CONFIG_INVALID', isProject ? 'a project is here already' : 'the folder is not empty', {
    problems: [
      `in the way: ${inTheWay.slice(0, 5).join(', ')}`,
      ...(isProject
        ? ['to go on with it: npm install, then npm run pull -- <url or file>, then npm run generate']
        : []),
      'to begin another one: noetl-gateway init --dir <folder>',
    ],
  });
}

/** The project is written at this point: the error names the remaining steps and what went wrong. */
async function explained(step: () => Promise<void>, left: readonly string[]): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new GatewayError(error.code, error.message, {
      problems: [...error.problems, `the project’s files are written; when that is fixed: ${left.join(' && ')}`],
      cause: error,
    });
  }
}

const isUrl = (source: string): boolean => /^(?:https?|file):\/\//i.test(source);

/** `pull` resolves paths from the project's folder, `init` from the working directory. */
const sourceFrom = (source: string): string => (isUrl(source) ? source : resolve(source));

function seenFromHere(dir: string): string {
  const path = relative(process.cwd(), dir);
  return path.startsWith('..') ? dir : path;
}

/** For a message: a URL's credentials and query stay out of it. */
function sourceSeenFrom(dir: string, source: string): string {
  if (!isUrl(source)) return relative(dir, source);
  const { username, password, search } = new URL(source);
  return username + password + search === '' ? source : '<url>';
}

/** The place of a package's file, when the spec is one. */
const fileOfSpec = (spec: string, dir: string): string | undefined =>
  spec.startsWith('file:') ? resolve(dir, spec.slice('file:'.length)) : undefined;

/** As a shell takes it. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** A name that npm accepts. */
function projectName(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[-._]+|[-._]+$/g, '');
  return name === '' ? 'gateway' : name.slice(0, 200);
}

interface Questions {
  /** Begins the project with the document at this place. */
  readonly begin: (openapi: string) => Promise<InitResult>;
  /** @param before the answer before, to be corrected. @returns undefined: the person gives up */
  readonly askSource: (before: string | undefined) => Promise<string | undefined>;
  readonly mayBegin: () => Promise<boolean>;
  /** Shows why a place is of no use. */
  readonly report: (problem: string) => void;
  readonly giveUp: () => void;
}

/**
 * Asks for the place of the document until it can be read: a place that is wrong is asked for again, with the answer
 * before to be corrected, and what was confirmed is not asked again.
 * @returns undefined when the person gave up; then nothing was written
 * @throws GatewayError what is wrong with something else than the place
 */
export async function askUntilItBegins({ begin, askSource, mayBegin, report, giveUp }: Questions) {
  let source: string | undefined;
  let isConfirmed = false;
  for (;;) {
    source = await askSource(source);
    if (source === undefined) return void giveUp();
    isConfirmed ||= await mayBegin();
    if (!isConfirmed) return void giveUp();
    try {
      return await begin(source);
    } catch (error) {
      if (!isAboutTheSource(error)) throw error;
      report([error.message, ...error.problems].join('\n'));
    }
  }
}

const isAboutTheSource = (error: unknown): error is GatewayError =>
  error instanceof GatewayError && (error.code === 'ERR_SPEC_INVALID' || error.code === 'ERR_SPEC_UNSUPPORTED');
