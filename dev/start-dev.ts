import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfig, ResolvedConfig } from '../gateway/config/gateway-config.ts';
import { resolveConfig } from '../gateway/config/resolve-config.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { GatewayOptions } from '../gateway/gateway-options.ts';
import { GatewayError } from '../plugins/errors.ts';
import { createDevIssuer, type DevIssuer } from './issuer/dev-issuer.ts';
import type { MakeKeyPair } from './issuer/signing-keys.ts';
import { type StandInUser, sampleUsers } from './noetl/accounts.ts';
import { createNoetlStandIn, type NoetlStandIn } from './noetl/stand-in.ts';

/** What `noetl-gateway dev` reads from a project, and what tests set. */
export interface DevOptions {
  readonly config: GatewayConfig;
  readonly sdl: string;
  /** The caller's environment; what development needs is put over it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Served by the stand-in as its own document. */
  readonly openapiFile?: string;
  readonly version?: string;
  /** OpenAPI of the REST calls, as YAML. */
  readonly restDocument?: string;
  /** A file with grants that is followed while the gateway runs. */
  readonly policyFile?: string;
  /** The text of the project's file of policy cases at this moment. */
  readonly policyCases?: () => Promise<string | undefined>;
  /** To compare the stand-in's document with the pulled one. */
  readonly driftOf?: (config: ResolvedConfig) => Promise<Pick<GatewayOptions, 'drift'>>;
  /** Whose wire shapes the stand-in speaks. Default `python`. */
  readonly speak?: 'python' | 'rust';
  /** For the keys of the issuer; default: new ones. */
  readonly makeKeyPair?: MakeKeyPair;
  /** Milliseconds that the stand-in's Python engine is behind the events of a step. Default 0. */
  readonly lagMs?: number;
}

/** A gateway with everything around it, on loopback. */
export interface DevGateway {
  /** How a person on this machine reaches it. */
  readonly url: string;
  readonly internalUrl: string;
  readonly issuer: DevIssuer;
  readonly noetl: NoetlStandIn;
  readonly gateway: Gateway;
  /** Names to log in with. */
  readonly users: readonly string[];
  /** The roles of each of them. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** An identity token as the local issuer gives it. */
  identityToken(user: string): Promise<string>;
  /** A whole login over HTTP. @throws ERR_AUTH_UNAVAILABLE when it did not work */
  login(user: string): Promise<{ readonly sessionToken: string; readonly identityToken: string }>;
  stop(): Promise<void>;
}

const audience = 'noetl-gateway-dev';

/**
 * Starts the real gateway with a stand-in NoETL and a local OpenID issuer. For development only: tokens are handed out
 * without a password, so everything listens on loopback.
 * @throws ERR_CONFIG_INVALID when a port is taken
 */
export async function startDev(options: DevOptions): Promise<DevGateway> {
  const { environment } = options;
  const publicUrl = environment['GATEWAY_PUBLIC_URL'] ?? `http://localhost:${environment['ROUTER_PORT'] ?? '8090'}`;
  // First: both the issuer and the stand-in need them.
  const users = usersOf(options.config.roles);
  const issuer = await createDevIssuer({
    redirectUris: [`${publicUrl}/api/auth/callback`],
    clock: Date.now,
    audience,
    users: users.map(devUserOf),
    ...(options.makeKeyPair === undefined ? {} : { makeKeyPair: options.makeKeyPair }),
  });
  const { openapiFile, speak = 'python', lagMs = 0 } = options;
  const noetl = await createNoetlStandIn({
    speak,
    lagMs,
    users,
    ...(openapiFile === undefined ? {} : { openapiFile }),
  });
  const internalPort = environment['GATEWAY_INTERNAL_PORT'] ?? '8091';
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  // Also when the start fails halfway: sockets that stay open keep the process.
  const closeParts = () => Promise.allSettled([issuer.close(), noetl.close()]);
  let gateway: Gateway | undefined;
  try {
    const own = { publicUrl, internalPort, internalUrl, noetlUrl: noetl.url.href };
    const declared = withDevIssuer(options.config, issuer.issuer, pagesOf(own));
    const { config, warnings } = resolveConfig(declared, developmentEnvironment(environment, own));
    const { sdl, version = 'unknown' } = options;
    const pretty = environment['CI'] === undefined;
    const drift = await options.driftOf?.(config);
    const documents = { ...given(options), ...drift };
    const made = await createGateway({ config, sdl, warnings, version, pretty, corsLoopback: true, ...documents });
    gateway = made;
    const { port } = await made.listen();
    const url = `http://localhost:${port}`;
    const identityToken = (user: string) => issuer.token(subjectOf(user, users));
    return {
      url,
      internalUrl,
      issuer,
      noetl,
      gateway: made,
      users: users.map(({ email }) => nameOf(email)),
      roles: Object.fromEntries(users.map(({ email, roles }) => [nameOf(email), roles])),
      identityToken,
      async login(user) {
        const token = await identityToken(user);
        return { identityToken: token, sessionToken: await loginOver(`http://127.0.0.1:${port}`, token) };
      },
      async stop() {
        await made.stop();
        await closeParts();
      },
    };
  } catch (error) {
    await gateway?.stop();
    await closeParts();
    throw error;
  }
}

/** Those that are there, as the gateway takes them. */
const given = ({ restDocument, policyFile, policyCases }: DevOptions) => ({
  ...(restDocument === undefined ? {} : { restDocument }),
  ...(policyFile === undefined ? {} : { policyFile }),
  ...(policyCases === undefined ? {} : { policyCases }),
});

interface OwnAddresses {
  readonly publicUrl: string;
  readonly internalPort: string;
  readonly internalUrl: string;
  readonly noetlUrl: string;
}

/**
 * The caller's environment under what development needs. The local issuer is in the config, and no other one counts.
 */
const developmentEnvironment = (environment: DevOptions['environment'], own: OwnAddresses) => ({
  LOG_LEVEL: 'warn',
  ...environment,
  NODE_ENV: 'development',
  GATEWAY_BIND: environment['GATEWAY_BIND'] ?? '127.0.0.1',
  GATEWAY_INTERNAL_PORT: own.internalPort,
  GATEWAY_INTERNAL_URL: own.internalUrl,
  NOETL_BASE_URL: own.noetlUrl,
  GATEWAY_PUBLIC_URL: own.publicUrl,
  // The shell may have those of a real deployment.
  GATEWAY_TRUSTED_ISSUERS: undefined,
  GATEWAY_AUDIENCES: undefined,
  GATEWAY_AUTH0_DOMAIN: undefined,
  GATEWAY_AUTH0_CLIENT_ID: undefined,
  GATEWAY_AUTH0_AUDIENCE: undefined,
});

/** Pages that a login may return to. */
const pagesOf = ({ publicUrl, internalUrl, internalPort }: OwnAddresses): readonly string[] => [
  `${publicUrl}/graphql`,
  `${publicUrl}/console`,
  `${internalUrl}/console`,
  `http://localhost:${internalPort}/console`,
];

/** The config with the local issuer as its first one, which logs in browsers that come back to these pages. */
function withDevIssuer(config: GatewayConfig, issuer: string, returnTo: readonly string[]): GatewayConfig {
  const entry = { issuer, name: 'dev', audiences: [audience], browser: { clientId: audience, returnTo } };
  return { ...config, auth: { ...config.auth, issuers: [entry, ...(config.auth?.issuers ?? [])] } };
}
const devUserOf = ({ email, displayName }: StandInUser) => ({ sub: subjectFor(email), email, name: displayName });

const nameOf = (email: string): string => email.slice(0, email.indexOf('@'));

const subjectFor = (email: string): string => `dev|${nameOf(email)}`;

/** The sample users, and one for each role of the project's own, called like the role. */
function usersOf(roles: readonly string[]): readonly StandInUser[] {
  const known = new Set(sampleUsers.flatMap((user) => user.roles));
  const own = roles.filter((role) => !known.has(role));
  const more = own.map((role, index) => ({
    userId: sampleUsers.length + 1 + index,
    // What an address cannot hold is a hyphen in it; the number keeps two such roles apart.
    email: `${/^[\w-]+$/.test(role) ? role : `${role.replaceAll(/[^\w-]+/g, '-')}-${index + 1}`}@example.com`,
    displayName: role,
    roles: [role],
  }));
  return [...sampleUsers, ...more];
}

function subjectOf(user: string, users: readonly StandInUser[]): string {
  const found = users.find(({ email, roles }) => nameOf(email) === user || email === user || roles.includes(user));
  if (found !== undefined) return subjectFor(found.email);
  const names = users.map(({ email, roles }) => `${nameOf(email)} (${roles.join(', ')})`).join(', ');
  throw new GatewayError('ERR_CONFIG_INVALID', `there is no user ${user}; there are ${names}`);
}

/**
 * A login over HTTP, as an app makes it. It is tried for a second while the gateway cannot answer (5xx).
 * @returns the session token. @throws ERR_AUTH_UNAVAILABLE
 */
async function loginOver(url: string, token: string): Promise<string> {
  for (let left = 5; ; left -= 1) {
    const answer = await fetch(`${url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth0_token: token }),
    });
    const body = (await answer.json()) as { session_token?: string; error?: string };
    if (body.session_token !== undefined) return body.session_token;
    if (left === 0 || answer.status < 500) {
      throw new GatewayError('ERR_AUTH_UNAVAILABLE', `the first login failed: ${body.error ?? answer.status}`);
    }
    await sleep(200);
  }
}
