import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Clock } from '../plugins/clock.ts';

type Members = Readonly<Record<string, unknown>>;

/** A user who can sign in. Further members become claims. */
export interface DevUser extends Members {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
}

/** How the issuer fails, for tests; everything absent works. */
export interface Misbehaviour {
  /** Connections are broken off. */
  readonly down?: boolean;
  /** Milliseconds before each answer. */
  readonly slowMs?: number;
  /** Answers 302 to this address instead. */
  readonly redirectTo?: string;
  /** What is sent in place of a document of the issuer. */
  readonly change?: (document: Members) => Members;
}

/** What is different in one token; tests make invalid tokens with it. */
export interface TokenOverrides {
  /** Claims to set; `undefined` leaves a default one out. */
  readonly claims?: Members;
  /** Header members to set, for example `kid`. */
  readonly header?: Members;
}

export interface DevIssuer {
  /** The issuer's name, with a slash at its end as Auth0 writes it. */
  readonly issuer: string;
  readonly port: number;
  /**
   * A signed JWT for a user, by `sub` or as claims: issued now, for an hour, its e-mail verified.
   * @throws Error for a `sub` that the issuer does not have
   */
  token(user: string | DevUser, overrides?: TokenOverrides): Promise<string>;
  /** An access token without readable claims; the userinfo endpoint knows it. */
  opaqueToken(user: string): string;
  /** Signs with a new key from now on. The old one stays in the key set unless `forget`. */
  rotate(options?: { readonly forget?: boolean }): Promise<void>;
  /** Replaces what was set before. */
  misbehave(how: Misbehaviour): void;
  /** Requests so far, by path. */
  readonly requests: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Makes a pair of keys; tests give out pairs that were made before, since making one takes its time. */
export type MakeKeyPair = (algorithm: string) => Promise<CryptoKeyPair>;

export interface DevIssuerOptions {
  readonly clock: Clock;
  readonly users: readonly DevUser[];
  readonly audience: string;
  /** Addresses that a login in a browser may return to. Default: no addresses, and no such login. */
  readonly redirectUris?: readonly string[];
  /** Default: a new pair for each key. */
  readonly makeKeyPair?: MakeKeyPair;
}

/** The algorithm that OpenID providers must support (OpenID Connect Core 1.0, section 15.1). */
const algorithm = 'RS256';
/** The endpoints; their addresses are in the discovery document. */
const paths = {
  discovery: '/.well-known/openid-configuration',
  jwks: '/.well-known/jwks.json',
  userinfo: '/userinfo',
  authorize: '/authorize',
  token: '/token',
};

/**
 * A small OpenID provider over HTTP: discovery, key set and userinfo (OpenID Connect Core and Discovery 1.0), and the
 * authorization code with PKCE; tokens are also handed out by the process that runs it. For development and tests; it
 * listens on loopback and asks for no password.
 */
export async function createDevIssuer(options: DevIssuerOptions): Promise<DevIssuer> {
  const { clock, users, audience, redirectUris = [] } = options;
  const keys = await createSigningKeys(options.makeKeyPair ?? generateKeyPair);
  const login = createCodeLogin(users, redirectUris);
  const opaque = new Map<string, DevUser>();
  const requests: Record<string, number> = {};
  let how: Misbehaviour = {};

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams } = new URL(request.url ?? '/', issuer);
    // Counted first, so that requests to an issuer that is down count, too.
    requests[path] = (requests[path] ?? 0) + 1;
    if (how.slowMs !== undefined) await sleep(how.slowMs);
    if (how.down === true) return void request.socket.destroy();
    if (how.redirectTo !== undefined) return void response.writeHead(302, { location: how.redirectTo }).end();
    if (path === paths.authorize) return login.authorize(searchParams, response);
    const [status, body] = await documentAt(path, request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(how.change?.(body) ?? body));
  }
  async function documentAt(path: string, request: IncomingMessage): Promise<[status: number, body: Members]> {
    if (path === paths.discovery) return [200, discoveryOf(issuer)];
    if (path === paths.jwks) return [200, { keys: keys.published() }];
    if (path === paths.token) return exchange(request);
    if (path !== paths.userinfo) return [404, { error: 'not_found' }];
    const user = opaque.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    return user === undefined ? [401, { error: 'invalid_token' }] : [200, userinfoOf(user)];
  }
  async function exchange(request: IncomingMessage): Promise<[status: number, body: Members]> {
    const granted = login.redeem(new URLSearchParams(await text(request)));
    if (granted === undefined) return [400, { error: 'invalid_grant' }];
    const id_token = await made.token(granted.user, { claims: { nonce: granted.nonce } });
    // One token is both.
    return [200, { token_type: 'Bearer', expires_in: 3600, id_token, access_token: id_token }];
  }
  const { port, close } = await listen((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const issuer = `http://127.0.0.1:${port}/`;
  const made: DevIssuer = {
    issuer,
    port,
    requests,
    close,
    async token(user, { claims = {}, header = {} } = {}) {
      const iat = Math.floor(clock() / 1000);
      const own = userinfoOf(typeof user === 'string' ? userOf(users, user) : user);
      // In this order, so that a test can override each claim, also by leaving it out.
      return keys.sign({ iss: issuer, aud: audience, iat, exp: iat + 3600, ...own, ...claims }, header);
    },
    opaqueToken(sub) {
      const token = `opaque-${crypto.randomUUID()}`;
      opaque.set(token, userOf(users, sub));
      return token;
    },
    rotate: ({ forget = false } = {}) => keys.rotate(forget),
    misbehave(next) {
      how = next;
    },
  };
  return made;
}

/** A server on a free port of loopback. `close` also ends idle connections of clients. */
export async function listen(listener: RequestListener) {
  const server = createServer({ keepAliveTimeout: 5_000 }, listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function userOf(users: readonly DevUser[], sub: string): DevUser {
  const found = users.find((user) => user.sub === sub);
  if (found === undefined) throw new Error('The issuer has no such user.');
  return found;
}

const discoveryOf = (issuer: string): Members => ({
  issuer,
  jwks_uri: new URL(paths.jwks, issuer).href,
  userinfo_endpoint: new URL(paths.userinfo, issuer).href,
  authorization_endpoint: new URL(paths.authorize, issuer).href,
  token_endpoint: new URL(paths.token, issuer).href,
  id_token_signing_alg_values_supported: [algorithm],
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
});

const userinfoOf = (user: DevUser): DevUser => (user.email === undefined ? user : { email_verified: true, ...user });

/** Each key has a random `kid`, by which verifiers find it in the set (RFC 7517, section 4.5). */
async function createSigningKeys(makeKeyPair: MakeKeyPair) {
  const createKey = async () => {
    const kid = crypto.randomUUID();
    const { publicKey, privateKey } = await makeKeyPair(algorithm);
    const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
    return { kid, privateKey, jwk };
  };
  let current = await createKey();
  let published: readonly JWK[] = [current.jwk];
  return {
    sign: (claims: Members, header: Members) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: current.kid, ...header })
        .sign(current.privateKey),
    published: () => published,
    /** The old key stays published unless it is forgotten, as providers do while tokens that it signed are valid. */
    async rotate(forgetOld: boolean) {
      current = await createKey();
      published = forgetOld ? [current.jwk] : [current.jwk, ...published];
    },
  };
}

interface Grant {
  readonly user: DevUser;
  readonly nonce: string | undefined;
  readonly challenge: string;
  readonly redirectUri: string;
}

/** A login in a browser: there are no passwords, so a user is chosen by a click. */
function createCodeLogin(users: readonly DevUser[], redirectUris: readonly string[]) {
  const granted = new Map<string, Grant>();
  return {
    /** The page with the users, or the redirect back with a code. */
    authorize(query: URLSearchParams, response: ServerResponse): void {
      const redirectUri = query.get('redirect_uri') ?? '';
      const challenge = query.get('code_challenge') ?? '';
      // PKCE is required (RFC 7636), by the method S256 only. Refusals do not redirect: an address that is not registered
      // must get nothing (RFC 6749, section 4.1.2.1).
      if (!redirectUris.includes(redirectUri) || challenge === '') {
        const problem = challenge === '' ? 'code_challenge is missing' : 'redirect_uri is not registered';
        return void response.writeHead(400, { 'content-type': 'text/plain' }).end(problem);
      }
      const user = users.find(({ sub }) => sub === query.get('user'));
      if (user === undefined) {
        return void response.writeHead(200, { 'content-type': 'text/html' }).end(chooser(users, query));
      }
      const code = randomBytes(16).toString('base64url');
      granted.set(code, { user, challenge, redirectUri, nonce: query.get('nonce') ?? undefined });
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      response.writeHead(302, { location: back.href }).end();
    },
    /** A code can be used once, whether the verifier is right or not (RFC 6749, section 4.1.2). */
    redeem(form: URLSearchParams): Grant | undefined {
      const code = form.get('code') ?? '';
      const found = granted.get(code);
      granted.delete(code);
      const verifier = form.get('code_verifier') ?? '';
      const challenge = createHash('sha256').update(verifier).digest('base64url');
      const isRight = found?.challenge === challenge && found.redirectUri === form.get('redirect_uri');
      return isRight ? found : undefined;
    },
  };
}

/** Each link is the request again, with a user. */
function chooser(users: readonly DevUser[], query: URLSearchParams): string {
  const links = users.map(({ sub, name = sub, email = '' }) => {
    const chosen = new URLSearchParams(query);
    chosen.set('user', sub);
    return `<li><a href="?${escaped(String(chosen))}">${escaped(name)}</a> ${escaped(email)}</li>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>Development issuer</title><h1>Who logs in?</h1><p>For development: there are no passwords.</p><ul>${links.join('')}</ul></html>`;
}

const escaped = (value: string): string =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
