import type { Clock } from '../../plugins/clock.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { BreakerOptions } from './breakers.ts';

export interface UpstreamOptions {
  /** Where NoETL answers; a path in it is kept in front of every call's own. */
  readonly baseUrl: URL;
  /** Deadline of a call over connecting, headers and body, unless the call sets its own. */
  readonly timeoutMs: number;
  /** An answer larger than this is an error, unless the call sets its own limit. */
  readonly maxResponseBytes: number;
  readonly observe?: Observe;
  readonly clock?: Clock;
  readonly limits?: Partial<UpstreamLimits>;
  /**
   * Asked before a call takes a place; a read that joins one in flight is not asked about. @returns undefined: allowed
   * @throws ERR_RATE_LIMITED, at once or by rejecting
   */
  readonly allow?: (call: UpstreamCall) => Promise<void> | undefined;
  readonly breakers?: Omit<BreakerOptions, 'onChange' | 'onRefuse'>;
}

/** How many calls may be in flight, and how long one may wait for a place. */
export interface UpstreamLimits {
  /** Starts of playbooks in flight. Default 16: NoETL refuses starts when 32 wait for its database. */
  readonly startsAtOnce: number;
  /** Calls of one user in flight. Default 32. */
  readonly userCallsAtOnce: number;
  /** Calls of one user that wait, in each class. Default 128. */
  readonly userCallsWaiting: number;
  /** Milliseconds. Default 5,000. */
  readonly callWaitMs: number;
  /** Of large answers in memory, bytes; one user gets a quarter. Default 32 MiB. */
  readonly upstreamBytesInFlight: number;
}

/** Those of a config without `limits`. */
export const defaultUpstreamLimits: UpstreamLimits = {
  startsAtOnce: 16,
  userCallsAtOnce: 32,
  userCallsWaiting: 128,
  callWaitMs: 5_000,
  upstreamBytesInFlight: 32 * 1024 * 1024,
};
