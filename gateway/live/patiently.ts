import { ExponentialBackoff, handleWhen, type IExponentialBackoffOptions, retry, wrap } from 'cockatiel';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';

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
 * Between two attempts while the store is away, milliseconds. Only this process knows what waits, so it writes it soon after the store's
 * return: a process that is killed before loses it.
 */
const storePauses = { initialDelay: 100, maxDelay: 500 };
/** The same while NoETL fails: the reads behind a result must not add to the load of a server that recovers. */
const otherPauses = { initialDelay: 200, maxDelay: 5_000 };

/** Repeats work that failed because a server was away for a moment: a restart of the store must cost no result. */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { forMs, clock, passes = isStoreAway, isNeeded = () => true, onFailed = () => {} } = patience;
  const until = clock() + forMs;
  const isWaitedOut = (error: unknown) => {
    if (!passes(error) || !isNeeded() || clock() >= until) return false;
    onFailed(error);
    return true;
  };
  const store = repeated((error) => isStoreAway(error) && isWaitedOut(error), storePauses);
  const others = repeated((error) => !isStoreAway(error) && isWaitedOut(error), otherPauses);
  return wrap(others, store).execute(work);
}

/** Without a bound of attempts: the time bounds them. The wait between two does not keep the process running. */
const repeated = (after: (error: unknown) => boolean, pauses: Partial<IExponentialBackoffOptions<unknown>>) =>
  retry(handleWhen(after), {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff(pauses),
  }).dangerouslyUnref();

const isStoreAway = (error: unknown): boolean => error instanceof GatewayError && error.code === 'ERR_STORE';
