import { parse } from 'yaml';
import { type EmitInput, headerText, type OutputFile, readAsset } from '../emitter.ts';
import { yamlFile } from './render-yaml.ts';
import type { ManifestSettings } from './settings.ts';
import { containerUser } from './workload.ts';

/**
 * `compose.yaml`: the gateway, NoETL, PostgreSQL, NATS and Redis on one machine. Only the gateway's public port is
 * published, to this machine unless GATEWAY_ADDRESS is another address; it shares no network with NoETL's database and
 * messages. Passwords come from the shell or `.env`.
 */
export function composeFile(settings: ManifestSettings): OutputFile {
  const text = readAsset('generator/emit/assets/compose.yaml').replaceAll('8082', String(settings.noetl.port));
  const { services, ...rest } = parse(text, { merge: true }) as { readonly services: object };
  const required = settings.required.map(({ names: [name] }) => name);
  return yamlFile('compose.yaml', { ...rest, services: { ...services, gateway: gateway(settings) } }, [
    'Set these in .env, then run `docker compose up --build`:',
    ['NOETL_IMAGE', ...required, 'and, of letters and digits only, the passwords'].join(', '),
    'POSTGRES_PASSWORD, NATS_PASSWORD, REDIS_PASSWORD. GATEWAY_SESSION_KEY is `openssl rand -base64 32`.',
  ]);
}

function gateway(settings: ManifestSettings): object {
  return {
    build: '.',
    image: settings.image,
    cap_drop: ['ALL'],
    depends_on: { noetl: { condition: 'service_healthy' }, redis: { condition: 'service_healthy' } },
    environment: gatewayEnvironment(settings),
    networks: ['public', 'noetl', 'sessions'],
    ports: [
      {
        host_ip: fromShell('GATEWAY_ADDRESS', '127.0.0.1'),
        published: String(settings.publicPort),
        target: settings.publicPort,
      },
    ],
    read_only: true,
    restart: 'unless-stopped',
    security_opt: ['no-new-privileges:true'],
    stop_grace_period: `${settings.drainSecs + 10}s`,
  };
}

/** Every variable can be set in `.env`, but for those that the network here decides. */
function gatewayEnvironment(settings: ManifestSettings): Readonly<Record<string, string>> {
  const { variables, secrets } = settings;
  // A shared store needs the key in production.
  const key = secrets.find(({ name }) => name.endsWith('SESSION_KEY'))?.name;
  // Later entries win: what the network here decides cannot be set from outside.
  const decided: readonly (readonly [string | undefined, string | undefined])[] = [
    [variables.publicPort, undefined],
    [variables.internalPort, undefined],
    [variables.upstream, `http://noetl:${settings.noetl.port}`],
    [variables.internalUrl, `http://gateway:${settings.internalPort}`],
    [variables.store, `redis://:${secret('REDIS_PASSWORD')}@redis:6379`],
    [key, secret(key ?? '')],
  ];
  const environment = new Map<string | undefined, string | undefined>([
    ...Object.entries(settings.environment).map(([name, value]) => [name, fromShell(name, value)] as const),
    ...[...settings.unset, ...secrets.map(({ name }) => name)].map((name) => [name, fromShell(name)] as const),
    ...settings.required.flatMap(({ names: [name] }) => (name === undefined ? [] : [[name, secret(name)] as const])),
    ...decided,
  ]);
  return Object.fromEntries([...environment].flatMap(([name, value]) => (name && value ? [[name, value]] : [])));
}

/** A value that has no default: Compose stops with its name when it is not set. */
const secret = (name: string): string => `\${${name}:?set it in .env}`;

/** A value from the shell or `.env`, with a default. */
const fromShell = (name: string, otherwise = ''): string => `\${${name}:-${otherwise}}`;

/** Of the container's memory, for the heap; the rest is for buffers, code and the kernel's part of connections. */
const heapPercent = 62;

/** What Node is started with in the image. The heap follows the memory limit that the container has. */
export const nodeOptions = `--max-old-space-size-percentage=${heapPercent} --max-semi-space-size=16`;

/** For glibc: buffers of large results leave the process when they are freed, and do not stay in pieces (docs/deploy.md). */
export const mallocSettings = 'MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072';

/** Pinned to a version, not to a line of versions; a build may replace it with a digest. */
const nodeImage = 'node:26.10.0-bookworm-slim';

/** Not written as one literal: a linter takes it for a template that was forgotten. */
const base = '$' + '{NODE_IMAGE}';

/**
 * The Dockerfile of a project that has this gateway as a dependency, and what stays out of its image. A Dockerfile that
 * the project keeps by hand stays as it is, and nothing is emitted.
 */
export function projectImage(settings: ManifestSettings, read: EmitInput['read']): readonly OutputFile[] {
  const present = read('Dockerfile');
  // The header marks a generated file. Without it the file is the project's own.
  if (present !== undefined && !present.includes(headerText)) return [];
  const { publicPort, internalPort } = settings;
  return [
    {
      path: 'Dockerfile',
      content: text([
        `# ${headerText}`,
        '# To keep one by hand instead, remove this line and the one above it.',
        `ARG NODE_IMAGE=${nodeImage}`,
        `FROM ${base} AS dependencies`,
        'WORKDIR /app',
        'COPY package.json package-lock.json ./',
        'RUN npm ci --omit=dev --omit=optional --ignore-scripts',
        '',
        `FROM ${base}`,
        'ENV NODE_ENV=production \\',
        `    NODE_OPTIONS="${nodeOptions}" \\`,
        `    ${mallocSettings}`,
        'WORKDIR /app',
        'COPY . .',
        'COPY --from=dependencies /app/node_modules ./node_modules',
        `RUN install -d -o ${containerUser} -g ${containerUser} .compile-cache`,
        `USER ${containerUser}:${containerUser}`,
        '# One start while the image is built: code is compiled here and not at each start. Nothing is reached, and a start that is',
        '# refused, for example since a variable of your own is missing here, only leaves less compiled.',
        'ENV NODE_COMPILE_CACHE=/app/.compile-cache',
        'RUN GATEWAY_BIND=127.0.0.1 GATEWAY_TRUSTED_ISSUERS=https://issuer.example.com/ GATEWAY_AUDIENCES=build \\',
        '    timeout 5 node node_modules/.bin/noetl-gateway serve >/dev/null 2>&1 || true',
        `EXPOSE ${publicPort} ${internalPort}`,
        'HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \\',
        `  CMD ${JSON.stringify(['node', '-e', healthCheck(settings)])}`,
        'CMD ["node", "node_modules/.bin/noetl-gateway", "serve"]',
      ]),
    },
    {
      path: 'Dockerfile.dockerignore',
      content: text([
        `# ${headerText}`,
        '.git',
        '**/node_modules',
        '**/.env*',
        '**/*.env',
        'deploy',
        'docs/*',
        '!docs/generated',
        'tests',
      ]),
    },
  ];
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

function healthCheck({ variables, publicPort }: ManifestSettings): string {
  const { publicPort: variable } = variables;
  const port = variable === undefined ? publicPort : `process.env.${variable} || ${publicPort}`;
  return `fetch('http://127.0.0.1:' + (${port}) + '/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
}
