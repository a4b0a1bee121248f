import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayConfig, ResolvedConfig } from '../gateway/config/gateway-config.ts';
import { resolveConfig } from '../gateway/config/resolve-config.ts';
import type { GatewayOptions } from '../gateway/gateway.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { GatewayError } from '../plugins/errors.ts';
import { createDevIssuer, type DevIssuer, type MakeKeyPair } from './issuer.ts';
import { type StandInUser, sampleUsers } from './noetl/accounts.ts';
import { createNoetlStandIn, type NoetlStandIn, type StandInOptions } from './noetl/stand-in.ts';

/** What `noetl-gateway dev` reads from a project, and what tests set. */
export interface DevOptions
  extends Pick<GatewayOptions, 'sdl' | 'version' | 'restDocument' | 'policyFile' | 'policyCases'> {
  readonly config: GatewayConfig;
  /** The caller's environment; what development needs is put over it. */
  readonly environment: Environment;
  /** Options of the stand-in: its document, the server that it imitates, and its lag. */
  readonly noetl?: Pick<StandInOptions, 'openapiFile' | 'speak' | 'lagMs'>;
  /** To compare the stand-in's document with the pulled one. */
  readonly driftOf?: (config: ResolvedConfig) => Promise<Pick<GatewayOptions, 'drift'>>;
  /** For the keys of the issuer; default: new ones. */
  readonly makeKeyPair?: MakeKeyPair;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A gateway with everything around it, on loopback. */
export interface DevGateway {
  /** How a person on this machine reaches it. */
  readonly url: string;
  readonly internalUrl: string;
  readonly issuer: DevIssuer;
  readonly noetl: NoetlStandIn;
  readonly gateway: Gateway;
  /** Names to log in with, and the roles of each. */
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
  const { config: project, environment, noetl: standIn, driftOf, makeKeyPair, ...documents } = options;
  const publicUrl = environment['GATEWAY_PUBLIC_URL'] ?? `http://localhost:${environment['ROUTER_PORT'] ?? '8090'}`;
  const internalPort = environment['GATEWAY_INTERNAL_PORT'] ?? '8091';
  const internalUrl = `http://127.0.0.1:${internalPort}`;
  // First: both the issuer and the stand-in need them.
  const users = usersOf(project.roles);
  const issuer = await createDevIssuer({
    redirectUris: [`${publicUrl}/api/auth/callback`],
    clock: Date.now,
    audience,
    users: users.map(({ email, displayName }) => ({ sub: subjectFor(email), email, name: displayName })),
    ...(makeKeyPair === undefined ? {} : { makeKeyPair }),
  });
  const noetl = await createNoetlStandIn({ ...standIn, users });
  // Also when the start fails halfway: sockets that stay open keep the process.
  const closeParts = () => Promise.allSettled([issuer.close(), noetl.close()]);
  let gateway: Gateway | undefined;
  try {
    const pages = [publicUrl, internalUrl, `http://localhost:${internalPort}`].map((url) => `${url}/console`);
    const declared = withDevIssuer(project, issuer.issuer, [`${publicUrl}/graphql`, ...pages]);
    const own = {
      GATEWAY_PUBLIC_URL: publicUrl,
      GATEWAY_INTERNAL_PORT: internalPort,
      GATEWAY_INTERNAL_URL: internalUrl,
      NOETL_BASE_URL: noetl.url.href,
    };
    const { config, warnings } = resolveConfig(declared, { ...developmentEnvironment(environment), ...own });
    const pretty = environment['CI'] === undefined;
    const drift = await driftOf?.(config);
    const made = await createGateway({ ...documents, ...drift, config, warnings, pretty, corsLoopback: true });
    gateway = made;
    const { port } = await made.listen();
    const identityToken = (user: string) => issuer.token(subjectOf(user, users));
    return {
      url: `http://localhost:${port}`,
      internalUrl,
      issuer,
      noetl,
      gateway: made,
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

/** The local issuer is in the config, and no other one of the caller's environment counts. */
const developmentEnvironment = (environment: Environment) => ({
  LOG_LEVEL: 'warn',
  GATEWAY_BIND: '127.0.0.1',
  ...environment,
  NODE_ENV: 'development',
  // The shell may have those of a real deployment.
  GATEWAY_TRUSTED_ISSUERS: undefined,
  GATEWAY_AUDIENCES: undefined,
  GATEWAY_AUTH0_DOMAIN: undefined,
  GATEWAY_AUTH0_CLIENT_ID: undefined,
  GATEWAY_AUTH0_AUDIENCE: undefined,
});

/** The config with the local issuer as its first one, which logs in browsers that come back to these pages. */
function withDevIssuer(config: GatewayConfig, issuer: string, returnTo: readonly string[]): GatewayConfig {
  const entry = { issuer, name: 'dev', audiences: [audience], browser: { clientId: audience, returnTo } };
  return { ...config, auth: { ...config.auth, issuers: [entry, ...(config.auth?.issuers ?? [])] } };
}

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

/**
 * Calls `stop` once when the process that has started this one is gone: a terminal that was closed, or `npm` that was
 * killed. Linux and macOS give an orphan another parent. A process whose parent is already init is not watched.
 * @param parentOf the id of the parent now. Default: of this process
 */
export function endWithParent(stop: () => void, parentOf: () => number = () => process.ppid, everyMs = 500): void {
  const first = parentOf();
  if (first === 1) return;
  const timer = setInterval(() => {
    if (parentOf() === first) return;
    clearInterval(timer);
    stop();
  }, everyMs);
  timer.unref();
}
