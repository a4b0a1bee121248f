/** Second attempts are at most this share of calls, so that an outage is not answered with twice the calls. */
const share = 0.1;
const most = 10;

/** How many second attempts are left. */
export interface RetryBudget {
  /** Counts a first attempt. */
  call(): void;
  /** @returns whether a second attempt may be made */
  take(): boolean;
}

/** Ten in store; each call gives a tenth of one back. */
export function createRetryBudget(): RetryBudget {
  let left = most;
  return {
    call() {
      left = Math.min(most, left + share);
    },
    take() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
