import type { Clock } from '../../plugins/clock.ts';

/** The bytes that waiting results take. Counted by this process, for what it has stored. */
export interface WaitingBytes {
  /**
   * Counts a result that was stored.
   * @returns the results that must now be removed so that the bounds hold, oldest first; their bytes are counted no longer
   */
  add(owner: string, id: string, bytes: number): readonly string[];
  /** Counted now; for metrics and tests. */
  readonly bytes: number;
}

export interface WaitingBytesOptions {
  /** Of one user. */
  readonly perUser: number;
  /** Of all users. Absent: the store has a bound of its own. */
  readonly total?: number | undefined;
  /** After this a result has left the store, milliseconds. */
  readonly keepMs: number;
  readonly clock: Clock;
}

/** The results of one user, oldest first. */
interface Account {
  bytes: number;
  results: { readonly id: string; readonly bytes: number; readonly untilMs: number }[];
}

/**
 * A user who is over the own bound gives up own results. Beyond the total the user with the most bytes does: who has less is never
 * pushed out.
 */
export function createWaitingBytes({ perUser, total, keepMs, clock }: WaitingBytesOptions): WaitingBytes {
  const own = Math.min(perUser, (total ?? Number.POSITIVE_INFINITY) / 4);
  // In the order of their latest result, so that those whose results are all over come first.
  const accounts = new Map<string, Account>();
  let used = 0;

  /** Takes out the oldest result. */
  function shift(owner: string, account: Account): string | undefined {
    const oldest = account.results.shift();
    account.bytes -= oldest?.bytes ?? 0;
    used -= oldest?.bytes ?? 0;
    if (account.results.length === 0) accounts.delete(owner);
    return oldest?.id;
  }

  /** @returns whether results are left */
  function prune(owner: string, account: Account): boolean {
    while ((account.results[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= clock()) shift(owner, account);
    return account.results.length > 0;
  }

  /** Stops early where all is within the bounds: this runs for every result. */
  function pruneOthers(): void {
    for (const [owner, account] of accounts) if (prune(owner, account) && used <= (total ?? used)) return;
  }

  const largest = () => [...accounts].reduce((most, next) => (next[1].bytes > most[1].bytes ? next : most));

  return {
    get bytes() {
      return used;
    },
    add(owner, id, bytes) {
      const account = accounts.get(owner) ?? { bytes: 0, results: [] };
      accounts.delete(owner);
      account.results.push({ id, bytes, untilMs: clock() + keepMs });
      account.bytes += bytes;
      used += bytes;
      accounts.set(owner, account);
      prune(owner, account);
      pruneOthers();
      const removed: (string | undefined)[] = [];
      while (account.bytes > own) removed.push(shift(owner, account));
      while (used > (total ?? used)) removed.push(shift(...largest()));
      return removed.filter((one) => one !== undefined);
    },
  };
}
