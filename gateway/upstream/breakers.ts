import { type CircuitBreakerPolicy, CircuitState, circuitBreaker, handleWhen, SamplingBreaker } from 'cockatiel';
import { GatewayError } from '../../plugins/errors.ts';
import type { RawReply } from './collector.ts';
import { OutageError } from './collector.ts';

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
  of(name: string): Breaker;
  /** Names of the breakers that are not closed. */
  open(): readonly string[];
}

export interface Breaker {
  /** @throws ERR_UPSTREAM at once while the breaker is open */
  assertClosed(): void;
  /** Counts the outcome of a call. @throws ERR_UPSTREAM without a call while the breaker is open; what `send` throws */
  run(send: () => Promise<RawReply>): Promise<RawReply>;
}

/** The call was not made. */
export class BreakerOpenError extends GatewayError {}

/** More than a config has routes; a bound for adapters that name routes by their arguments. */
const maxBreakers = 500;
const gatewayStatuses = new Set([502, 503, 504]);

/**
 * A breaker opens when more than half of the calls of ten seconds failed: no connection, no answer in time, or a proxy's 502,
 * 503 or 504. A 500 does not count: callers can cause one with an argument, and would close the route to all others. While
 * it is open, one call at a time tries the route again.
 */
export function createBreakers(options: BreakerOptions): Breakers {
  const made = new Map<string, PolicyBreaker>();
  const make = (name: string): Breaker => {
    const breaker = new PolicyBreaker(name, options);
    made.set(name, breaker);
    return breaker;
  };
  return {
    of(name) {
      const found = made.get(name);
      if (found !== undefined) return found;
      if (made.size < maxBreakers) return make(name);
      // Names beyond the bound share a breaker for each bulkhead, whose name stands for all routes of the bulkhead (`breakerName`).
      const [bulkhead = ''] = name.split(' ');
      return made.get(bulkhead) ?? make(bulkhead);
    },
    open: () => [...made].filter(([, { isClosed }]) => !isClosed).map(([name]) => name),
  };
}

class PolicyBreaker implements Breaker {
  readonly #name: string;
  readonly #options: BreakerOptions;
  readonly #tryAgainMs: number;
  readonly #policy: CircuitBreakerPolicy;
  #openedAtMs = 0;

  constructor(name: string, options: BreakerOptions) {
    const { tryAgainMs = 2_000, minimumRps = 3 } = options;
    this.#name = name;
    this.#options = options;
    this.#tryAgainMs = tryAgainMs;
    // Only outages and a proxy's statuses count; other errors of a call, for example an answer that is too large, are
    // no failure of the route.
    this.#policy = circuitBreaker(handleWhen((error) => error instanceof OutageError).orWhenResult(isGatewayStatus), {
      halfOpenAfter: tryAgainMs,
      breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000, minimumRps }),
    });
    // Half-open is between two states and is not reported: a failed trial would look like a change.
    let known: CircuitState = CircuitState.Closed;
    this.#policy.onStateChange((state) => {
      if (state === CircuitState.Open) this.#openedAtMs = Date.now();
      if (state === CircuitState.HalfOpen || state === known) return;
      known = state;
      options.onChange(name, state === CircuitState.Closed ? 'closed' : 'open');
    });
  }

  get isClosed(): boolean {
    return this.#policy.state === CircuitState.Closed;
  }

  assertClosed(): void {
    const { state } = this.#policy;
    if (state === CircuitState.Closed) return;
    // Half-open: another call is trying the route.
    if (state === CircuitState.Open && Date.now() - this.#openedAtMs >= this.#tryAgainMs) return;
    this.#options.onRefuse(this.#name);
    throw new BreakerOpenError('ERR_UPSTREAM', 'NoETL does not answer these calls; it was not asked again yet', {
      retryAfterSecs: Math.max(1, Math.ceil(this.#tryAgainMs / 1_000)),
    });
  }

  run(send: () => Promise<RawReply>): Promise<RawReply> {
    try {
      this.assertClosed();
      return this.#policy.execute(send);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

const isGatewayStatus = (reply: unknown): boolean =>
  typeof reply === 'object' && reply !== null && 'status' in reply && gatewayStatuses.has(Number(reply.status));
