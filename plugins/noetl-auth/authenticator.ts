import type { Caller } from '../call-context.ts';
import { GatewayError, limitHeaders } from '../errors.ts';
import type { Observe } from '../observe.ts';
import type { GuessBudget, Sessions } from '../ports.ts';
import { type MaybePromise, whenKnown } from '../single-flight.ts';
import type { Session } from './session/session.ts';
import { type ReadHeader, type SessionToken, type TokenSource, tokenFromRequest } from './session/session-token.ts';

/** A caller with a session, or the reason why there is no session. */
export type Authentication =
  | { readonly caller: Caller; readonly source: TokenSource }
  | { readonly refused: GatewayError };

/** @throws ERR_AUTH_UNAVAILABLE, ERR_STORE, ERR_OVERLOADED: the session could not be checked; ERR_RATE_LIMITED: too many guesses. */
export type Authenticate = (readHeader: ReadHeader, guesses?: GuessBudget) => MaybePromise<Authentication>;

export interface AuthenticatorOptions {
  readonly sessions: Pick<Sessions, 'lookup'>;
  readonly observe: Observe;
  /** Whether a cookie may hold the token. Default: true. */
  readonly cookies?: boolean;
}

/** Finds the session of a request's token; only the headers are read. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { cookies = true } = options;
  return (readHeader, guesses) => {
    const presented = tokenFromRequest(
      cookies ? readHeader : (name) => (name === 'cookie' ? undefined : readHeader(name)),
    );
    if (presented.outcome === 'missing') {
      options.observe({ type: 'session_check', outcome: 'missing_token' });
      return { refused: new GatewayError('ERR_TOKEN_MISSING', 'a session token is required') };
    }
    if (presented.outcome === 'malformed') {
      options.observe({ type: 'session_check', outcome: 'invalid_or_expired', layer: 'request' });
      return { refused: new GatewayError('ERR_TOKEN_MALFORMED', 'the session token is malformed') };
    }
    const session = options.sessions.lookup(presented.token, guesses);
    return whenKnown(session, (found) => authenticated(presented, found));
  };
}

function authenticated(
  { token, source }: { readonly token: SessionToken; readonly source: TokenSource },
  session: Session | undefined,
): Authentication {
  return session === undefined
    ? { refused: new GatewayError('ERR_SESSION_INVALID', 'the session is invalid or has expired') }
    : { caller: { session, token }, source };
}

type ResponseConstructor = new (body: string, init: { status: number; headers: Record<string, string> }) => Response;

const defaultRetryAfterSecs = 5;
const passed: ReadonlySet<number> = new Set([401, 429, 503]);

/** The response to a refused request. Header names are lower case. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * The answer to a request that is not let in: 401 without a valid session; 503 with `Retry-After` when the session could
 * not be checked, which is what anything thrown means, 429 after too many guesses. The body has the shape of a GraphQL answer.
 */
export function refusalOf(error: unknown): Refusal {
  const known =
    error instanceof GatewayError && passed.has(error.status)
      ? error
      : new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session cannot be checked at present', { cause: error });
  const { code, message, status } = known;
  const how: Record<string, string> =
    status !== 401
      ? { 'retry-after': String(defaultRetryAfterSecs), ...limitHeaders(known) }
      : { 'www-authenticate': 'Bearer' };
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...how },
    body: JSON.stringify({ errors: [{ message, extensions: { code } }] }),
  };
}

/** {@link refusalOf} in the form that Yoga takes. */
export function refusalResponse(error: unknown, ResponseClass: ResponseConstructor): Response {
  const { status, headers, body } = refusalOf(error);
  return new ResponseClass(body, { status, headers: { ...headers } });
}
