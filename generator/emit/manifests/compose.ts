import type { OutputFile } from '../emitter.ts';
import type { ManifestSettings } from './manifest-settings.ts';
import { yamlFile } from './render-yaml.ts';

/** Asked every 5 s; a service is unhealthy after 20 failures in a row. */
const health = { interval: '5s', timeout: '3s', retries: 20 };

/**
 * `compose.yaml`: the gateway, NoETL, PostgreSQL, NATS and Redis on one machine. Only the gateway's public port is
 * published, to this machine unless GATEWAY_ADDRESS is another address; it shares no network with NoETL's database and
 * messages. Passwords come from the shell or `.env`.
 */
export function composeFile(settings: ManifestSettings): OutputFile {
  const value = {
    name: 'noetl',
    services: {
      gateway: gateway(settings),
      noetl: noetl(settings, 'server', [
        'python',
        '-m',
        'noetl.server',
        '--host',
        '0.0.0.0',
        '--port',
        String(settings.noetl.port),
      ]),
      'noetl-worker': noetl(settings, 'worker', ['python', '-m', 'noetl.worker']),
      postgres: {
        image: 'postgres:17.6-alpine',
        environment: { POSTGRES_DB: 'noetl', POSTGRES_USER: 'noetl', POSTGRES_PASSWORD: secret('POSTGRES_PASSWORD') },
        healthcheck: { test: ['CMD', 'pg_isready', '-U', 'noetl', '-d', 'noetl'], ...health },
        networks: ['noetl-data'],
        restart: 'unless-stopped',
        volumes: ['postgres-data:/var/lib/postgresql/data'],
      },
      nats: {
        image: 'nats:2.11.10-alpine',
        command: ['-js', '-sd', '/data', '-m', '8222', '--user', 'noetl', '--pass', secret('NATS_PASSWORD')],
        healthcheck: { test: ['CMD', 'wget', '-qO-', 'http://127.0.0.1:8222/healthz'], ...health },
        networks: ['noetl-data'],
        restart: 'unless-stopped',
        volumes: ['nats-data:/data'],
      },
      redis: {
        image: 'redis:8.2.2-alpine',
        command: ['redis-server', '--save', '', '--requirepass', secret('REDIS_PASSWORD')],
        healthcheck: { test: ['CMD', 'redis-cli', 'ping'], ...health },
        networks: ['sessions'],
        restart: 'unless-stopped',
      },
    },
    networks: {
      public: {},
      noetl: {},
      // `internal`: what is in it reaches nothing outside.
      'noetl-data': { internal: true },
      sessions: { internal: true },
    },
    volumes: { 'postgres-data': {}, 'nats-data': {} },
  };
  const required = settings.required.map(({ names: [name] }) => name);
  return yamlFile('compose.yaml', value, [
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
  const { portNames, upstreamName, internalUrlName, storeName } = settings;
  // Later entries win: what the network here decides cannot be set from outside.
  const decided: readonly (readonly [string | undefined, string | undefined])[] = [
    [portNames.public, undefined],
    [portNames.internal, undefined],
    [upstreamName, `http://noetl:${settings.noetl.port}`],
    [internalUrlName, `http://gateway:${settings.internalPort}`],
    [storeName, `redis://:${secret('REDIS_PASSWORD')}@redis:6379`],
    [keyName(settings), secret(keyName(settings) ?? '')],
  ];
  const environment = new Map<string | undefined, string | undefined>([
    ...Object.entries(settings.environment).map(([name, value]) => [name, fromShell(name, value)] as const),
    ...[...settings.unset, ...settings.secrets.map(({ name }) => name)].map((name) => [name, fromShell(name)] as const),
    ...settings.required.flatMap(({ names: [name] }) => (name === undefined ? [] : [[name, secret(name)] as const])),
    ...decided,
  ]);
  return Object.fromEntries([...environment].flatMap(([name, value]) => (name && value ? [[name, value]] : [])));
}

/** A shared store needs the key in production. */
const keyName = ({ secrets }: ManifestSettings): string | undefined =>
  secrets.find(({ name }) => name.endsWith('SESSION_KEY'))?.name;

function noetl(settings: ManifestSettings, mode: 'server' | 'worker', command: readonly string[]): object {
  const database = { condition: 'service_healthy' };
  return {
    image: fromShell('NOETL_IMAGE', 'noetl:local'),
    command,
    depends_on: { nats: database, postgres: database, ...(mode === 'worker' ? { noetl: database } : {}) },
    environment: {
      NATS_PASSWORD: secret('NATS_PASSWORD'),
      NATS_URL: `nats://noetl:${secret('NATS_PASSWORD')}@nats:4222`,
      NATS_USER: 'noetl',
      NOETL_PASSWORD: secret('POSTGRES_PASSWORD'),
      NOETL_POSTGRES_DB: 'noetl',
      NOETL_RUN_MODE: mode,
      NOETL_SCHEMA: 'noetl',
      NOETL_SERVER_URL: `http://noetl:${settings.noetl.port}`,
      NOETL_USER: 'noetl',
      POSTGRES_HOST: 'postgres',
      POSTGRES_PASSWORD: secret('POSTGRES_PASSWORD'),
      POSTGRES_PORT: '5432',
      POSTGRES_USER: 'noetl',
    },
    ...(mode === 'server' ? { healthcheck: serverHealth(settings) } : {}),
    networks: ['noetl', 'noetl-data'],
    restart: 'unless-stopped',
  };
}

function serverHealth(settings: ManifestSettings): object {
  const probe = `import urllib.request as r; r.urlopen('http://127.0.0.1:${settings.noetl.port}/api/health', timeout=3)`;
  return { test: ['CMD', 'python', '-c', probe], ...health, start_period: '30s' };
}

/** A value that has no default: Compose stops with its name when it is not set. */
function secret(name: string): string {
  return `\${${name}:?set it in .env}`;
}

/** A value from the shell or `.env`, with a default. */
function fromShell(name: string, otherwise = ''): string {
  return `\${${name}:-${otherwise}}`;
}
