import { GatewayError, type RateLimitState } from '../../plugins/errors.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import type { LimitedRoute, RateLimits } from './rate-limits.ts';

type RateLimitedRoute = (GatewayEvent & { readonly type: 'rate_limited' })['route'];

/** Counts one call. @throws ERR_RATE_LIMITED with the time to wait, when the key has used up its minute */
export async function limitRate(
  limits: RateLimits,
  route: Exclude<LimitedRoute, 'guess_all'>,
  key: string,
  observe: Observe,
): Promise<void> {
  const { reached } = await limits.consume(route, key);
  if (reached !== undefined) throw tooMany(route, reached, observe);
}

/** The refusal of a call beyond a limit, which it also reports. */
export function tooMany(route: RateLimitedRoute, rateLimit: RateLimitState, observe: Observe): GatewayError {
  observe({ type: 'rate_limited', route });
  return new GatewayError('ERR_RATE_LIMITED', 'too many requests; wait before the next one', {
    retryAfterSecs: rateLimit.resetSecs,
    rateLimit,
  });
}

/**
 * For calls of which only refused ones count: a key that has used up its minute is refused.
 * @throws ERR_RATE_LIMITED
 */
export async function assertWithinRate(
  limits: RateLimits,
  route: Exclude<LimitedRoute, 'guess_all'>,
  key: string,
  observe: Observe,
): Promise<void> {
  const reached = await limits.reached(route, key);
  if (reached !== undefined) throw tooMany(route, reached, observe);
}
