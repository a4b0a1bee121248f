import { hash } from 'node:crypto';
import { Cache } from '../../core/cache.ts';
import type { Caller } from '../../core/call-context.ts';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import type { Sessions } from '../../core/ports.ts';
import type { SessionToken } from '../../core/session/session-token.ts';
import { tokenFromRequest } from '../../core/session/token-from-request.ts';
import { cached } from '../../core/single-flight.ts';
import type { SignIn } from '../auth/sign-in.ts';
import type { Exchange } from '../http/exchange.ts';
import { readHeaderOf } from '../http/header-values.ts';
import type { RequireCaller } from '../routes/rest-routes.ts';

export interface ProviderTokensOptions {
  readonly requireCaller: RequireCaller;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
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
export function createToolCallers(options: ProviderTokensOptions): RequireCaller {
  const { requireCaller, signIn, sessions, clock } = options;
  const issuers = new Set(options.issuers.map(withoutSlash));
  const made = new Cache<string, Promise<SessionToken>>({ max: remembered, clock });

  function sessionTokenOf(token: string, { clientIp, requestId }: Exchange): Promise<SessionToken> {
    // Tokens are kept nowhere.
    const key = hash('sha256', token);
    // A token that is over must be refused, although its session could live on.
    const until = Math.min(clock() + rememberedMs, expiryOf(token) ?? Number.POSITIVE_INFINITY);
    const login = { token, domain: undefined, sessionHours: undefined, clientIp, requestId };
    return cached(made, key, () => signIn(login).then((result) => result.token), until);
  }

  return async (exchange) => {
    const presented = tokenFromRequest(readHeaderOf(exchange.request));
    // Session tokens, cookies and tokens of unknown issuers go the way of every other request.
    if (presented.outcome !== 'present' || presented.source !== 'bearer' || !isOfProvider(presented.token, issuers)) {
      return requireCaller(exchange);
    }
    if (holdsTemplateMark(presented.token)) throw new GatewayError('ERR_TOKEN_MALFORMED', 'the token is malformed');
    const token = await sessionTokenOf(presented.token, exchange);
    const session = await sessions.lookup(token);
    if (session === undefined) throw new GatewayError('ERR_SESSION_INVALID', 'the session is invalid or has expired');
    return { session, token } satisfies Caller;
  };
}

const isJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** By the claim `iss` alone, which is not verified here; the login verifies it. */
function isOfProvider(token: string, issuers: ReadonlySet<string>): boolean {
  const issuer = claimsOf(token)?.['iss'];
  return typeof issuer === 'string' && issuers.has(withoutSlash(issuer));
}

function expiryOf(token: string): number | undefined {
  const expiry = claimsOf(token)?.['exp'];
  return typeof expiry === 'number' ? expiry * 1_000 : undefined;
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  if (!isJwt.test(token)) return undefined;
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
