import { ExponentialBackoff, handleWhen, type IExponentialBackoffOptions, retry, wrap } from 'cockatiel';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';

/** For how long work is repeated, and after which errors. */
export interface RetryOptions {
  /** From now on, milliseconds. After it the last error is thrown. */
  readonly forMs: number;
  readonly clock: Clock;
  /** Default: after ERR_STORE. */
  readonly retryIf?: (error: unknown) => boolean;
  /** False: the work is not needed any more; the last error is thrown. */
  readonly isNeeded?: () => boolean;
  /** Receives each error that is followed by another attempt. */
  readonly onFailed?: (error: unknown) => void;
}

/**
 * Between two attempts while the store is away, milliseconds. Only this process knows what waits, so it writes it soon after the store's
 * return: a process that is killed before loses it.
 */
const storeBackoff = { initialDelay: 100, maxDelay: 500 };
/** The same while NoETL fails: the reads behind a result must not add to the load of a server that recovers. */
const upstreamBackoff = { initialDelay: 200, maxDelay: 5_000 };

/** Repeats work with backoff, because a server was away for a moment: a restart of the store must cost no result. */
export async function retryWithBackoff<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { forMs, clock, retryIf = isStoreAway, isNeeded = () => true, onFailed = () => {} } = options;
  const until = clock() + forMs;
  const isRepeated = (error: unknown) => {
    if (!retryIf(error) || !isNeeded() || clock() >= until) return false;
    onFailed(error);
    return true;
  };
  const store = policy((error) => isStoreAway(error) && isRepeated(error), storeBackoff);
  const others = policy((error) => !isStoreAway(error) && isRepeated(error), upstreamBackoff);
  return wrap(others, store).execute(work);
}

/** Without a bound of attempts: the time bounds them. The wait between two does not keep the process running. */
const policy = (after: (error: unknown) => boolean, backoff: Partial<IExponentialBackoffOptions<unknown>>) =>
  retry(handleWhen(after), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff(backoff),
  }).dangerouslyUnref();

const isStoreAway = (error: unknown): boolean => error instanceof GatewayError && error.code === 'ERR_STORE';
