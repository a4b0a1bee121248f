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
import { isClaims } from '../config/identity/claims.ts';
import type { Fetch } from './issuer-request.ts';
import { issuerFailureOf, issuerUnavailable } from './issuer-request.ts';
import type { LoginTicket } from './login-ticket.ts';
import type { KnownIssuer } from './verify-token.ts';

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
