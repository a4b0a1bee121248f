import { GatewayError } from '../errors.ts';
import { limitHeaders } from '../limit-headers.ts';

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
