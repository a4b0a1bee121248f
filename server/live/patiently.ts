import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';

/** For how long work is repeated, and after which errors. */
export interface Patience {
  /** From now on, milliseconds. After it the last error is thrown. */
  readonly forMs: number;
  readonly clock: Clock;
  /** Which errors pass by themselves. Default: ERR_STORE. */
  readonly passes?: (error: unknown) => boolean;
  /** False: the work is not needed any more; the last error is thrown. */
  readonly isNeeded?: () => boolean;
  /** Receives each error that is waited out. */
  readonly onFailed?: (error: unknown) => void;
}

/**
 * Between two attempts, milliseconds. What waits is known to this process alone, so the store gets it soon after its return: a process that
 * is killed before loses it.
 */
const pauses = { initialDelay: 100, maxDelay: 500 };

/** Repeats work that failed because a server was away for a moment: a restart of the store must cost no result. */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { forMs, clock, passes = isStoreAway, isNeeded = () => true, onFailed = () => {} } = patience;
  const until = clock() + forMs;
  const isWaitedOut = (error: unknown) => {
    if (!passes(error) || !isNeeded() || clock() >= until) return false;
    onFailed(error);
    return true;
  };
  // Without a bound of attempts: the time bounds them. The wait between two does not hold the process.
  const policy = retry(handleWhen(isWaitedOut), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff(pauses),
  });
  return policy.dangerouslyUnref().execute(work);
}

const isStoreAway = (error: unknown): boolean => error instanceof GatewayError && error.code === 'ERR_STORE';
