import type { Observe } from '../../core/observe.ts';
import type { GuessBudget } from '../../core/ports.ts';
import { tooMany } from './limit-rate.ts';
import type { RateLimits } from './rate-limits.ts';

/** The first guesses of an address do not count for all addresses together: the guesses of many shut no other address out. */
const firstGuesses = 3;
const everybody = 'all';

/**
 * Counts the session tokens that an address guesses wrong, on whatever path; good ones are given back, and known sessions
 * are not asked about.
 */
export function guessLimit(limits: RateLimits, address: string, observe: Observe): GuessBudget {
  let countedForAll = false;
  return {
    async spend() {
      // The address first: one that has used up its own share takes nothing from that of all.
      const { used, reached } = await limits.consume('guess', address);
      if (reached !== undefined) throw tooMany('guess', reached, observe);
      if (used <= firstGuesses) return;
      const all = await limits.consume('guess_all', everybody);
      countedForAll = all.reached === undefined;
      if (all.reached !== undefined) throw tooMany('guess', all.reached, observe);
    },
    async refund() {
      await limits.giveBack('guess', address);
      if (countedForAll) await limits.giveBack('guess_all', everybody);
    },
  };
}
