import type { GatewayError } from './errors.ts';

/**
 * The headers that name the time at which a refused caller may try again. Names are lower case.
 * @see RFC 9110 section 10.2.3 (Retry-After); draft-ietf-httpapi-ratelimit-headers-10 (RateLimit, RateLimit-Policy)
 */
export function limitHeaders({ retryAfterSecs, rateLimit }: GatewayError): Record<string, string> {
  const headers: Record<string, string> = {};
  if (retryAfterSecs !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(retryAfterSecs)));
  if (rateLimit === undefined) return headers;
  const { policy, quota, windowSecs, remaining, resetSecs } = rateLimit;
  headers['ratelimit-policy'] = `"${policy}";q=${quota};w=${windowSecs}`;
  headers['ratelimit'] = `"${policy}";r=${remaining};t=${resetSecs}`;
  return headers;
}
