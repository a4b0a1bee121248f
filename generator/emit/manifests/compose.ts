import { parse } from 'yaml';
import { readAsset } from '../assets.ts';
import type { OutputFile } from '../emitter.ts';
import { yamlFile } from './render-yaml.ts';
import type { ManifestSettings } from './settings.ts';

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
