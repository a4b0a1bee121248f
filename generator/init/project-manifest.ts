import { GatewayError } from '../../plugins/errors.ts';

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
