import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JWK } from 'jose';
import type { Clock } from '../../plugins/clock.ts';
import { type CodeLogin, createCodeLogin, type DevUser } from './code-login.ts';
import { createSigningKeys, type MakeKeyPair, type SigningKeys } from './signing-keys.ts';

/** How the issuer fails, for tests; everything absent works. */
export interface Misbehaviour {
  /** Connections are broken off. */
  readonly down?: boolean;
  /** Milliseconds before each answer. */
  readonly slowMs?: number;
  /** The issuer that its discovery document names, in place of its own. */
  readonly discoveryIssuer?: string;
  /** The address of the keys in that document. */
  readonly jwksUri?: string;
  /** Answers 302 to this address instead. */
  readonly redirectTo?: string;
  /** Put into the key set beside the real ones. */
  readonly extraKeys?: readonly JWK[];
  /** Bytes of padding in each document. */
  readonly paddingBytes?: number;
}

/** What is different in one token; tests make wrong tokens of it. */
export interface TokenOverrides {
  /** Claims to set; `undefined` leaves a default one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header members to set, for example `kid`. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface DevIssuer {
  /** The issuer's name, with a slash at its end as Auth0 writes it. */
  readonly issuer: string;
  readonly port: number;
  readonly users: readonly DevUser[];
  /**
   * A signed JWT for a user, by `sub` or as claims: issued now, for an hour, its e-mail verified.
   * @throws Error for a `sub` that the issuer does not have
   */
  token(user: string | DevUser, overrides?: TokenOverrides): Promise<string>;
  /** An access token without readable claims; the userinfo endpoint knows it. */
  opaqueToken(user: string | DevUser): string;
  /** Signs with a new key from now on. The old one stays in the key set unless `forget`. */
  rotate(options?: { readonly forget?: boolean }): Promise<void>;
  /** Replaces what was set before. */
  misbehave(how: Misbehaviour): void;
  /** Requests seen so far, by path. */
  readonly requests: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface DevIssuerOptions {
  readonly host?: string;
  readonly port?: number;
  readonly clock: Clock;
  readonly users: readonly DevUser[];
  readonly audience: string;
  /** Addresses that a login in a browser may return to. Default: no addresses, and no such login. */
  readonly redirectUris?: readonly string[];
  /** Default: a new pair for each key. Tests give out pairs that were made before. */
  readonly makeKeyPair?: MakeKeyPair;
}

/**
 * A small OpenID provider over HTTP: discovery, key set and userinfo (OpenID Connect Core and Discovery 1.0), and the
 * authorization code with PKCE; tokens are also handed out by the process that runs it. For development and tests; it
 * listens on loopback and asks for no password.
 * @throws Error when the port is taken
 */
export async function createDevIssuer(options: DevIssuerOptions): Promise<DevIssuer> {
  const { host = '127.0.0.1', port = 0, clock, users, audience, redirectUris = [] } = options;
  const state: State = {
    keys: await createSigningKeys(options.makeKeyPair),
    how: {},
    requests: {},
    opaque: new Map(),
    issuer: '',
    login: createCodeLogin(users, redirectUris),
    idToken: (user, nonce) => issuer.token(user, { claims: { nonce } }),
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address() as AddressInfo;
  // Known only now: the port may be any free one.
  state.issuer = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`;
  const userOf = (user: string | DevUser): DevUser => {
    const found = typeof user === 'string' ? users.find(({ sub }) => sub === user) : user;
    if (found === undefined) throw new Error('The issuer has no such user.');
    return found;
  };

  const issuer: DevIssuer = {
    issuer: state.issuer,
    port: address.port,
    users,
    requests: state.requests,
    token(user, { claims = {}, header = {} } = {}) {
      const now = Math.floor(clock() / 1000);
      const times = { iat: now, exp: now + 3600 };
      // In this order, so that a test can override each claim, also by leaving it out.
      const standard = { iss: state.issuer, aud: audience, ...times, ...userinfoOf(userOf(user)) };
      return state.keys.sign({ ...standard, ...claims }, header);
    },
    opaqueToken(user) {
      const token = `opaque-${crypto.randomUUID()}`;
      state.opaque.set(token, userOf(user));
      return token;
    },
    rotate: ({ forget = false } = {}) => state.keys.rotate(forget),
    misbehave: (how) => {
      state.how = how;
    },
    async close() {
      // Idle connections of clients would hold `close` back.
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
}

interface State {
  readonly keys: SigningKeys;
  readonly requests: Record<string, number>;
  readonly opaque: Map<string, DevUser>;
  readonly login: CodeLogin;
  readonly idToken: (user: DevUser, nonce: string | undefined) => Promise<string>;
  how: Misbehaviour;
  issuer: string;
}

/** The endpoints; their addresses are in the discovery document. */
const paths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  userinfo: '/userinfo',
  authorize: '/authorize',
  token: '/token',
};

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', state.issuer);
  // Counted first, so that requests to an issuer that is down count, too.
  state.requests[path] = (state.requests[path] ?? 0) + 1;
  const { how } = state;
  if (how.slowMs !== undefined) await sleep(how.slowMs);
  if (how.down === true) return void request.socket.destroy();
  if (how.redirectTo !== undefined) return void response.writeHead(302, { location: how.redirectTo }).end();
  if (path === paths.authorize) return authorize(state, searchParams, response);
  const [status, body] =
    path === paths.token ? await exchange(state, request) : documentAt(state, path, request.headers.authorization);
  const padding = how.paddingBytes === undefined ? {} : { padding: 'x'.repeat(how.paddingBytes) };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...body, ...padding }));
}

function authorize({ login }: State, query: URLSearchParams, response: ServerResponse): void {
  const answered = login.authorize(query);
  if ('location' in answered) response.writeHead(302, { location: answered.location }).end();
  else if ('html' in answered) response.writeHead(200, { 'content-type': 'text/html' }).end(answered.html);
  else response.writeHead(400, { 'content-type': 'text/plain' }).end(answered.refused);
}

async function exchange(state: State, request: IncomingMessage): Promise<[status: number, body: object]> {
  const granted = state.login.redeem(new URLSearchParams(await text(request)));
  if (granted === undefined) return [400, { error: 'invalid_grant' }];
  const id_token = await state.idToken(granted.user, granted.nonce);
  // One token is both.
  return [200, { token_type: 'Bearer', expires_in: 3600, id_token, access_token: id_token }];
}

function documentAt(state: State, path: string, authorization: string | undefined): [status: number, body: object] {
  if (path === paths.discovery) return [200, discoveryOf(state)];
  if (path === paths.jwks) return [200, { keys: [...state.keys.publicKeys(), ...(state.how.extraKeys ?? [])] }];
  if (path !== paths.userinfo) return [404, { error: 'not_found' }];
  const user = state.opaque.get(authorization?.replace(/^Bearer /, '') ?? '');
  return user === undefined ? [401, { error: 'invalid_token' }] : [200, userinfoOf(user)];
}

function discoveryOf({ issuer, how }: State): object {
  return {
    issuer: how.discoveryIssuer ?? issuer,
    jwks_uri: how.jwksUri ?? new URL(paths.jwks, issuer).href,
    userinfo_endpoint: new URL(paths.userinfo, issuer).href,
    authorization_endpoint: new URL(paths.authorize, issuer).href,
    token_endpoint: new URL(paths.token, issuer).href,
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
  };
}

function userinfoOf(user: DevUser): DevUser {
  return user.email === undefined ? user : { email_verified: true, ...user };
}
