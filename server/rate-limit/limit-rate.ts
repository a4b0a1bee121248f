import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { LimitedRoute, RateLimits } from './rate-limits.ts';

/** @throws ERR_RATE_LIMITED with the seconds to wait, when the key has used up its minute */
export async function limitRate(limits: RateLimits, route: LimitedRoute, key: string, observe: Observe): Promise<void> {
  const retryAfterSecs = await limits.consume(route, key);
  if (retryAfterSecs === undefined) return;
  observe({ type: 'rate_limited', route });
  throw new GatewayError('ERR_RATE_LIMITED', 'too many requests; wait before the next one', { retryAfterSecs });
}
