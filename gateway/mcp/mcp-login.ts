import { hash } from 'node:crypto';
import { decodeJwt } from 'jose';
import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { holdsTemplateMark } from '../../plugins/noetl/template-mark.ts';
import { type SessionToken, tokenFromRequest } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Sessions } from '../../plugins/ports.ts';
import { cached } from '../../plugins/single-flight.ts';
import { isSameIssuer } from '../config/issuers.ts';
import type { Exchange } from '../http/exchange.ts';
import { mcpPath, metadataPath, readHeaderOf } from '../http/exchange.ts';
import type { SignIn } from '../identity/sign-in.ts';
import type { RequireCaller } from '../rest/rest-routes.ts';

/** Whether a path is that of the tools, or of the metadata by which programs log in to them. */
export const isMcpPath = (path: string): boolean =>
  path === mcpPath || path === metadataPath || path === `${metadataPath}${mcpPath}`;

const loopback = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * Where callers reach the gateway: the configured public URL; without one, the requested
 * host where it is this machine. Any other host is the caller's own text and is not used.
 */
export function publicBase(publicUrl: string | undefined, { request }: Exchange): string | undefined {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const { host } = request.headers;
  return host !== undefined && loopback.test(host) ? `http://${host}` : undefined;
}

/** How programs log in. @see RFC 9728 */
export const resourceMetadata = (base: string, issuers: readonly string[]): Readonly<Record<string, unknown>> => ({
  resource: `${base}${mcpPath}`,
  resource_name: 'NoETL Gateway',
  authorization_servers: issuers,
  bearer_methods_supported: ['header'],
  scopes_supported: ['openid', 'email', 'profile'],
});

/** The challenge of a 401. @see RFC 9728 section 5.1, RFC 6750 section 3 */
export function challenge(base: string | undefined, isTokenGiven: boolean): string {
  const parts = [
    ...(isTokenGiven ? ['error="invalid_token"'] : []),
    ...(base === undefined ? [] : [`resource_metadata="${base}${metadataPath}${mcpPath}"`]),
  ];
  return parts.length === 0 ? 'Bearer' : `Bearer ${parts.join(', ')}`;
}

export interface ToolCallersOptions {
  readonly requireCaller: RequireCaller;
  readonly signIn: SignIn;
  readonly sessions: Pick<Sessions, 'lookup'>;
  /** Issuers whose tokens log in. */
  readonly issuers: readonly string[];
  readonly clock: Clock;
}

/** Tokens of which a session is remembered, and for how long at most. A token that was let in once is not verified again. */
const remembered = 10_000;
const rememberedMs = 3_600_000;

/**
 * The caller of a tool: with a session token, as everywhere, or with a token of a trusted identity provider, which is what
 * programs get that log in by themselves. Such a token is exchanged for a session once, as `POST /api/auth/login` does it; when
 * that session ends, the token is not exchanged again.
 */
export function createToolCallers({
  requireCaller,
  signIn,
  sessions,
  issuers,
  clock,
}: ToolCallersOptions): RequireCaller {
  const made = new Cache<string, Promise<SessionToken>>({ max: remembered, clock });

  function sessionTokenOf(token: string, exp: unknown, { clientIp, requestId }: Exchange): Promise<SessionToken> {
    // A token that is over must be refused, although its session could live on.
    const until = Math.min(clock() + rememberedMs, typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY);
    const login = { token, domain: undefined, sessionHours: undefined, clientIp, requestId };
    // Tokens are kept nowhere.
    return cached(made, hash('sha256', token), () => signIn(login).then((result) => result.token), until);
  }

  return async (exchange) => {
    const presented = tokenFromRequest(readHeaderOf(exchange.request));
    const bearer = presented.outcome === 'present' && presented.source === 'bearer' ? presented.token : '';
    const { iss, exp } = claimsOf(bearer);
    // By the claim `iss` alone, which the login verifies. Session tokens, cookies and tokens of unknown issuers go the way of every
    // other request.
    if (typeof iss !== 'string' || !issuers.some((issuer) => isSameIssuer(issuer, iss))) return requireCaller(exchange);
    if (holdsTemplateMark(bearer)) throw new GatewayError('ERR_TOKEN_MALFORMED', 'the token is malformed');
    const token = await sessionTokenOf(bearer, exp, exchange);
    const session = await sessions.lookup(token);
    if (session === undefined) throw new GatewayError('ERR_SESSION_INVALID', 'the session is invalid or has expired');
    return { session, token };
  };
}

function claimsOf(token: string): { readonly iss?: unknown; readonly exp?: unknown } {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}
