import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JWK } from 'jose';
import type { Clock } from '../../core/clock.ts';
import { createSigningKeys, type SigningKeys } from './signing-keys.ts';

/** Somebody who can sign in. Further members become claims. */
export interface DevUser {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly [claim: string]: unknown;
}

/** How the issuer fails, for tests; everything absent works. */
export interface Misbehaviour {
  /** Connections are broken off. */
  readonly down?: boolean;
  /** Milliseconds before each answer. */
  readonly slowMs?: number;
  readonly discoveryIssuer?: string;
  readonly jwksUri?: string;
  /** Answers 302 to this address instead. */
  readonly redirectTo?: string;
  /** Put into the key set beside the real ones. */
  readonly extraKeys?: readonly JWK[];
  /** Bytes of padding in each document. */
  readonly paddingBytes?: number;
}

export interface TokenOverrides {
  /** Claims to set; `undefined` leaves a default one out. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header members to set, `kid` say. */
  readonly header?: Readonly<Record<string, unknown>>;
}

export interface DevIssuer {
  /** The issuer's name, with a slash at its end as Auth0 writes it. */
  readonly issuer: string;
  readonly port: number;
  readonly users: readonly DevUser[];
  /** A signed JWT for a user, by `sub` or as claims: issued now, for an hour, its e-mail verified. */
  token(user: string | DevUser, overrides?: TokenOverrides): Promise<string>;
  /** An access token that says nothing itself; the userinfo endpoint knows it. */
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
}

/**
 * A small OpenID provider over HTTP: discovery, key set and userinfo; tokens are handed out by the process that runs it.
 * For development and tests; it listens on loopback and asks nobody for a password.
 */
export async function createDevIssuer(options: DevIssuerOptions): Promise<DevIssuer> {
  const { host = '127.0.0.1', port = 0, clock, users, audience } = options;
  const state: State = {
    keys: await createSigningKeys(),
    how: {},
    requests: {},
    opaque: new Map(),
    issuer: '',
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address() as AddressInfo;
  state.issuer = `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`;
  const userOf = (user: string | DevUser): DevUser => {
    const found = typeof user === 'string' ? users.find(({ sub }) => sub === user) : user;
    if (found === undefined) throw new Error('The issuer has no such user.');
    return found;
  };

  return {
    issuer: state.issuer,
    port: address.port,
    users,
    requests: state.requests,
    token(user, { claims = {}, header = {} } = {}) {
      const now = Math.floor(clock() / 1000);
      const times = { iat: now, exp: now + 3600 };
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
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface State {
  readonly keys: SigningKeys;
  readonly requests: Record<string, number>;
  readonly opaque: Map<string, DevUser>;
  how: Misbehaviour;
  issuer: string;
}

const paths = { discovery: '/.well-known/openid-configuration', jwks: '/.well-known/jwks.json', userinfo: '/userinfo' };

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = new URL(request.url ?? '/', state.issuer).pathname;
  state.requests[path] = (state.requests[path] ?? 0) + 1;
  const { how } = state;
  if (how.slowMs !== undefined) await sleep(how.slowMs);
  if (how.down === true) return void request.socket.destroy();
  if (how.redirectTo !== undefined) return void response.writeHead(302, { location: how.redirectTo }).end();
  const [status, body] = documentAt(state, path, request.headers.authorization);
  const padding = how.paddingBytes === undefined ? {} : { padding: 'x'.repeat(how.paddingBytes) };
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ ...body, ...padding }));
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
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
  };
}

function userinfoOf(user: DevUser): DevUser {
  return user.email === undefined ? user : { email_verified: true, ...user };
}
