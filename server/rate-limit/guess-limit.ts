import type { Observe } from '../../core/observe.ts';
import type { Asker } from '../../core/ports.ts';
import { limitRate } from './limit-rate.ts';
import type { RateLimits } from './rate-limits.ts';

/** Counts the session tokens that an address guesses wrong; good ones are given back, and known sessions are not asked about. */
export function guessLimit(limits: RateLimits, address: string, observe: Observe): Asker {
  return {
    ask: () => limitRate(limits, 'session', address, observe),
    found: () => limits.giveBack('session', address),
  };
}
