import {
  type AuthorizationServer,
  allowInsecureRequests,
  authorizationCodeGrantRequest,
  type Client,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  calculatePKCECodeChallenge,
  customFetch,
  None,
  validateAuthResponse,
} from 'oauth4webapi';
import { isClaims } from './claims.ts';
import { type Fetch, issuerFailureOf, issuerUnavailable } from './issuer-documents.ts';
import type { KnownIssuer } from './verify-token.ts';

/** The state that a browser keeps while its user is at the provider. */
export interface LoginTicket {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE between the gateway and the provider. */
  readonly verifier: string;
  /** The entry's name. */
  readonly issuer: string;
  readonly returnTo: string;
  /** Of PKCE between the app and the gateway; absent: the login ends in a cookie. */
  readonly challenge?: string;
}

/** Seconds that a login at the provider may take. */
const lifeSecs = 600;

/**
 * The ticket as a cookie. It belongs to the browser that began the login and to no other: `__Host-` keeps subdomains and
 * plain http from setting it. It holds no secret of the gateway: its reader is the user who logs in.
 * @see RFC 6265bis, section 4.1.3.2
 */
export function ticketCookie(ticket: LoginTicket): string {
  const value = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${cookieName(ticket.state)}=${value}; Path=/; Max-Age=${lifeSecs}; HttpOnly; Secure; SameSite=Lax`;
}

/** Removes the ticket of a login, whose state is used up. */
export const endedTicket = (state: string): string =>
  `${cookieName(state)}=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax`;

/** @returns undefined: this browser did not begin a login with that state, or it took too long. */
export function ticketOf(cookies: string | undefined, state: string): LoginTicket | undefined {
  // 256 bits in base64url; the text becomes part of a cookie's name.
  if (!/^[\w-]{43}$/.test(state)) return undefined;
  const start = `${cookieName(state)}=`;
  const found = (cookies ?? '').split(/; */).filter((cookie) => cookie.startsWith(start));
  const [value, other] = found;
  // Two cookies of one name were not both set here.
  if (value === undefined || other !== undefined) return undefined;
  const ticket = parse(value.slice(start.length));
  return ticket?.state === state ? ticket : undefined;
}

/** Each login has a cookie of its own, so that two tabs do not end each other's. */
const cookieName = (state: string): string => `__Host-noetl-login-${state.slice(0, 12)}`;

function parse(text: string): LoginTicket | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isTicket(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isTicket(value: unknown): value is LoginTicket {
  if (!isClaims(value)) return false;
  const texts = ['state', 'nonce', 'verifier', 'issuer', 'returnTo'].every((name) => typeof value[name] === 'string');
  return texts && (value['challenge'] === undefined || typeof value['challenge'] === 'string');
}

/** Tokens that a provider gave for a code. */
export interface GrantedTokens {
  readonly idToken: string;
  readonly accessToken: string | undefined;
}

const timeoutMs = 10_000;

/** Where the browser goes to log in: an authorization request with PKCE, state and nonce (OpenID Connect Core, 3.1.2.1). */
export async function authorizationUrl(
  { rules, documents }: KnownIssuer,
  ticket: LoginTicket,
  redirectUri: string,
): Promise<URL> {
  const { browser } = rules;
  const url = await documents.endpoint('authorization_endpoint');
  const parameters = {
    // First, so that parameters of the config cannot replace those that the login depends on.
    ...browser?.parameters,
    response_type: 'code',
    client_id: browser?.clientId ?? '',
    redirect_uri: redirectUri,
    scope: (browser?.scopes ?? []).join(' '),
    state: ticket.state,
    nonce: ticket.nonce,
    code_challenge: await calculatePKCECodeChallenge(ticket.verifier),
    code_challenge_method: 'S256',
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/**
 * Exchanges the code of a callback for tokens. The ID token is not verified here: it goes the way of every other token.
 * @param callback the address that the provider sent the browser to.
 * @returns undefined: the answer is not this login's, or the provider refuses.
 * @throws ERR_AUTH_UNAVAILABLE when the provider does not answer.
 */
export async function grantedTokens(
  issuer: KnownIssuer,
  ticket: LoginTicket,
  callback: URL,
  redirectUri: string,
  fetch: Fetch = globalThis.fetch,
): Promise<GrantedTokens | undefined> {
  const { rules, documents } = issuer;
  const server = await serverOf(issuer);
  const tokenUrl = await documents.endpoint('token_endpoint');
  const client: Client = { client_id: rules.browser?.clientId ?? '' };
  let parameters: URLSearchParams;
  try {
    parameters = validateAuthResponse(server, client, callback, ticket.state);
  } catch {
    // An error of the provider, another state or another issuer (RFC 9207).
    return undefined;
  }
  const response = await authorizationCodeGrantRequest(
    { ...server, token_endpoint: tokenUrl.href },
    client,
    clientAuth(rules.browser?.clientSecret, server),
    parameters,
    redirectUri,
    ticket.verifier,
    {
      signal: AbortSignal.timeout(timeoutMs),
      [customFetch]: (url, init) => fetch(url, init as RequestInit),
      // Which addresses may be http is decided where the discovery document is read.
      [allowInsecureRequests]: tokenUrl.protocol === 'http:',
    },
  ).catch((error: unknown) => {
    throw issuerUnavailable(rules.issuer, `its token endpoint could not be asked: ${issuerFailureOf(error)}`, error);
  });
  return tokensOf(response, rules.issuer);
}

async function serverOf({ rules, documents }: KnownIssuer): Promise<AuthorizationServer> {
  const metadata = await documents.metadata();
  return { ...metadata, issuer: typeof metadata['issuer'] === 'string' ? metadata['issuer'] : rules.issuer };
}

/** Basic where the provider does not name its methods: the default of OpenID Connect Discovery 1.0, section 3. */
function clientAuth(secret: string | undefined, server: AuthorizationServer): ClientAuth {
  if (secret === undefined) return None();
  const methods = server.token_endpoint_auth_methods_supported;
  const isPostOnly = methods !== undefined && !methods.includes('client_secret_basic');
  return isPostOnly ? ClientSecretPost(secret) : ClientSecretBasic(secret);
}

async function tokensOf(response: Response, issuer: string): Promise<GrantedTokens | undefined> {
  // The provider refuses the code or the client (RFC 6749, section 5.2): not an outage.
  if (response.status === 400 || response.status === 401) return undefined;
  if (response.status !== 200) throw issuerUnavailable(issuer, `its token endpoint answered ${response.status}`);
  const body: unknown = await response.json().catch(() => undefined);
  if (!isClaims(body) || typeof body['id_token'] !== 'string') {
    throw issuerUnavailable(issuer, 'its token endpoint answered without an ID token: is the scope openid asked for?');
  }
  const { id_token: idToken, access_token: accessToken } = body;
  return { idToken, accessToken: typeof accessToken === 'string' ? accessToken : undefined };
}
