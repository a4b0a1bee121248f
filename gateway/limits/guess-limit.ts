import type { Observe } from '../../plugins/observe.ts';
import type { GuessBudget } from '../../plugins/ports.ts';
import { tooMany } from './limit-rate.ts';
import type { RateLimits } from './rate-limits.ts';

/** The first guesses of an address do not count for all addresses together: the guesses of many shut no other address out. */
const firstGuesses = 3;
const everybody = 'all';

/**
 * Counts the session tokens that an address guesses wrong, on whatever path; good ones are given back, and known sessions
 * are not asked about.
 */
export const guessLimit = (limits: RateLimits, address: string, observe: Observe): GuessBudget =>
  new AddressGuesses(limits, address, observe);

/** One object and no closures: it is made for every request, and few need it. */
class AddressGuesses implements GuessBudget {
  readonly #limits: RateLimits;
  readonly #address: string;
  readonly #observe: Observe;
  #countedForAll = false;

  constructor(limits: RateLimits, address: string, observe: Observe) {
    this.#limits = limits;
    this.#address = address;
    this.#observe = observe;
  }

  async spend(): Promise<void> {
    // The address first: one that has used up its own share takes nothing from that of all.
    const { used, reached } = await this.#limits.consume('guess', this.#address);
    if (reached !== undefined) throw tooMany('guess', reached, this.#observe);
    if (used <= firstGuesses) return;
    const all = await this.#limits.consume('guess_all', everybody);
    this.#countedForAll = all.reached === undefined;
    if (all.reached !== undefined) throw tooMany('guess', all.reached, this.#observe);
  }

  async refund(): Promise<void> {
    await this.#limits.giveBack('guess', this.#address);
    if (this.#countedForAll) await this.#limits.giveBack('guess_all', everybody);
  }
}
