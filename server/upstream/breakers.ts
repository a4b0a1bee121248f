import { type CircuitBreakerPolicy, CircuitState, circuitBreaker, handleWhen, SamplingBreaker } from 'cockatiel';
import { GatewayError } from '../../core/errors.ts';
import type { RawReply } from './reply-collector.ts';
import { OutageError } from './reply-collector.ts';

export interface BreakerOptions {
  /** Between the opening of a breaker and the one call that tries the route again, milliseconds. Default 2,000. */
  readonly tryAgainMs?: number;
  /** The rate of calls below which no breaker opens, per second. Default 3. */
  readonly minimumRps?: number;
  /** A call was refused because its breaker is open. */
  readonly onRefuse: (name: string) => void;
  readonly onChange: (name: string, state: 'open' | 'closed') => void;
}

/** Circuit breakers by name; one name is one class of calls on one route. */
export interface Breakers {
  /** @throws ERR_UPSTREAM at once while the breaker is open */
  assertClosed(name: string): void;
  /** Counts the outcome of a call. @throws ERR_UPSTREAM without a call while the breaker is open; what `send` throws */
  run(name: string, send: () => Promise<RawReply>): Promise<RawReply>;
  /** Names of the breakers that are not closed. */
  open(): readonly string[];
}

/** The call was not made. */
export class BreakerOpenError extends GatewayError {}

/** More than a config has routes; a bound for adapters that name routes by their arguments. */
const maxBreakers = 500;
const gatewayStatuses = new Set([502, 503, 504]);

interface Breaker {
  readonly policy: CircuitBreakerPolicy;
  openedAtMs: number;
}

/**
 * A breaker opens when more than half of the calls of ten seconds failed: no connection, no answer in time, or a proxy's 502,
 * 503 or 504. A 500 does not count: callers can cause one with an argument, and would close the route to all others. While
 * it is open, one call at a time tries the route again.
 */
export function createBreakers({ tryAgainMs = 2_000, minimumRps = 3, onRefuse, onChange }: BreakerOptions): Breakers {
  const made = new Map<string, Breaker>();

  function make(name: string): Breaker {
    // Only outages and a proxy's statuses count; other errors of a call, for example an answer that is too large, are
    // no failure of the route.
    const policy = circuitBreaker(handleWhen((error) => error instanceof OutageError).orWhenResult(isGatewayStatus), {
      halfOpenAfter: tryAgainMs,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps }),
    });
    const breaker: Breaker = { policy, openedAtMs: 0 };
    // Half-open is between two states and is not reported: a failed trial would look like a change.
    let known: CircuitState = CircuitState.Closed;
    policy.onStateChange((state) => {
      if (state === CircuitState.Open) breaker.openedAtMs = Date.now();
      if (state === CircuitState.HalfOpen || state === known) return;
      known = state;
      onChange(name, state === CircuitState.Closed ? 'closed' : 'open');
    });
    made.set(name, breaker);
    return breaker;
  }

  function breakerOf(name: string): Breaker {
    const found = made.get(name);
    if (found !== undefined) return found;
    // Names beyond the bound share one breaker.
    return made.size < maxBreakers ? make(name) : (made.get('other') ?? make('other'));
  }

  /** Another call is trying the route, or it is too early to try. */
  const isShut = ({ policy, openedAtMs }: Breaker): boolean =>
    policy.state === CircuitState.HalfOpen ||
    (policy.state === CircuitState.Open && Date.now() - openedAtMs < tryAgainMs);

  function assertClosed(name: string): Breaker {
    const breaker = breakerOf(name);
    if (!isShut(breaker)) return breaker;
    onRefuse(name);
    throw new BreakerOpenError('ERR_UPSTREAM', 'NoETL does not answer these calls; it was not asked again yet', {
      retryAfterSecs: Math.max(1, Math.ceil(tryAgainMs / 1_000)),
    });
  }

  return {
    assertClosed,
    run(name, send) {
      try {
        return assertClosed(name).policy.execute(send);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    open: () => [...made].filter(([, { policy }]) => policy.state !== CircuitState.Closed).map(([name]) => name),
  };
}

const isGatewayStatus = (reply: unknown): boolean =>
  typeof reply === 'object' && reply !== null && 'status' in reply && gatewayStatuses.has(Number(reply.status));
