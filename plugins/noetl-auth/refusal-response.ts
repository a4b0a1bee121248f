import { GatewayError } from '../../core/errors.ts';

type ResponseConstructor = new (body: string, init: { status: number; headers: Record<string, string> }) => Response;

const defaultRetryAfterSecs = 5;
const passed: ReadonlySet<number> = new Set([401, 429, 503]);

/**
 * The answer to a request that is not let in: 401 without a valid session; 503 with `Retry-After` when the session could
 * not be checked, which is what anything thrown means, 429 after too many guesses. The body has the shape of a GraphQL answer.
 */
export function refusalResponse(error: unknown, ResponseClass: ResponseConstructor): Response {
  const known =
    error instanceof GatewayError && passed.has(error.status)
      ? error
      : new GatewayError('ERR_AUTH_UNAVAILABLE', 'the session cannot be checked at present', { cause: error });
  const { code, message, status, retryAfterSecs = defaultRetryAfterSecs } = known;
  const how: Record<string, string> =
    status !== 401 ? { 'Retry-After': String(retryAfterSecs) } : { 'WWW-Authenticate': 'Bearer' };
  return new ResponseClass(JSON.stringify({ errors: [{ message, extensions: { code } }] }), {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store', ...how },
  });
}
