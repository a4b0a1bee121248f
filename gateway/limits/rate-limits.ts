import { hash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { GatewayError, type RateLimitState } from '../../plugins/errors.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import type { GuessBudget } from '../../plugins/ports.ts';
import { addressKey } from './client-address.ts';

/**
 * `login`: refused logins by address, and logins by subject. `validate`, `check_access`, `ticket`: by user. `guess`: presented tokens that
 * are not sessions, by address, over all entrances; `guess_all`: those of all addresses that guessed before.
 */
const routes = ['login', 'validate', 'check_access', 'ticket', 'guess', 'guess_all'] as const;
/** A route with a count of its own; see `routes`. */
export type LimitedRoute = (typeof routes)[number];
type Limiters<T> = Readonly<Record<LimitedRoute, T>>;

const perRoute = <T>(make: (route: LimitedRoute) => T) =>
  Object.fromEntries(routes.map((route) => [route, make(route)])) as Limiters<T>;

export interface RateLimitsOptions {
  readonly loginsPerMinute: number;
  /** Of `validate`, of `check-access`, and of tickets, each. */
  readonly checksPerMinute: number;
  readonly guessesPerMinute: number;
  readonly guessesPerMinuteInAll: number;
  /** Counted there, for all replicas; by this process alone while it does not answer. Without it: by this process. */
  readonly redis?: Promise<Redis> | undefined;
  /** Of the deployment: others in the same Redis count for themselves. */
  readonly namespace?: string;
}

/** Who may call how often. */
export interface RateLimits {
  /**
   * Counts one call. @param key a client's address (IPv6 counts by its /64 network), or any other text that names who is
   * counted, for example a subject; only its hash is kept.
   * @returns how many were counted in this minute, and the limit when it is reached
   */
  consume(route: LimitedRoute, key: string): Promise<Count>;
  /** Counts nothing. @returns the limit when it is reached */
  reached(route: LimitedRoute, key: string): Promise<RateLimitState | undefined>;
  /** Takes back one that should not have counted. */
  giveBack(route: LimitedRoute, key: string): Promise<void>;
  /** Closes the connection to Redis. */
  close(): Promise<void>;
}

/** How many were counted in this minute. */
export interface Count {
  readonly used: number;
  readonly reached: RateLimitState | undefined;
}

const minuteSecs = 60;
/** Keys that one process counts by themselves in a minute; later keys share what is left of these. */
const ownKeys = 50_000;
const sharedKeys = 256;

/** Fixed windows of a minute, in bounded memory. */
export function createRateLimits(options: RateLimitsOptions): RateLimits {
  const { redis, namespace = 'default' } = options;
  const points: Limiters<number> = {
    login: options.loginsPerMinute,
    validate: options.checksPerMinute,
    check_access: options.checksPerMinute,
    ticket: options.checksPerMinute,
    guess: options.guessesPerMinute,
    guess_all: options.guessesPerMinuteInAll,
  };
  const inMemory = perRoute(
    (route) => new RateLimiterMemory({ keyPrefix: route, points: points[route], duration: minuteSecs }),
  );
  const bounded = boundKeys();
  const shared = redis?.then((client) => limitersIn(client, namespace, points, inMemory));
  const limiterOf = async (route: LimitedRoute): Promise<RateLimiterAbstract> =>
    (await shared)?.[route] ?? inMemory[route];
  // User ids and subjects are hashed, so that they are not readable in Redis. Addresses count by their network.
  const countedAs = (key: string) => bounded(isIP(key) === 0 ? hash('sha256', key) : addressKey(key));
  return {
    async giveBack(route, key) {
      await (await limiterOf(route)).reward(countedAs(key));
    },
    async consume(route, key) {
      const limiter = await limiterOf(route);
      try {
        const { consumedPoints } = await limiter.consume(countedAs(key));
        return { used: consumedPoints, reached: undefined };
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal;
        return { used: refusal.consumedPoints, reached: stateOf(route, points[route], refusal) };
      }
    },
    async reached(route, key) {
      const count = await (await limiterOf(route)).get(countedAs(key));
      return count === null || count.remainingPoints > 0 ? undefined : stateOf(route, points[route], count);
    },
    async close() {
      (await redis)?.disconnect();
    },
  };
}

/** The limit in the form of the headers that the answer gets. */
function stateOf(route: LimitedRoute, quota: number, { msBeforeNext }: RateLimiterRes): RateLimitState {
  const resetSecs = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  return { policy: route, quota, windowSecs: minuteSecs, remaining: 0, resetSecs };
}

function limitersIn(
  storeClient: Redis,
  namespace: string,
  points: Limiters<number>,
  inMemory: Limiters<RateLimiterMemory>,
): Limiters<RateLimiterRedis> {
  return perRoute(
    (route) =>
      new RateLimiterRedis({
        storeClient,
        keyPrefix: `noetl-gateway:${namespace}:limit:${route}`,
        points: points[route],
        duration: minuteSecs,
        rejectIfRedisNotReady: true,
        // While Redis does not answer each process counts for itself: a larger limit, and no outage for callers.
        insuranceLimiter: inMemory[route],
      }),
  );
}

/** Keeps the number of keys down: a flood of addresses costs no more memory, and is still counted. */
function boundKeys(): (key: string) => string {
  let known = new Set<string>();
  let sinceMs = performance.now();
  return (key) => {
    if (performance.now() - sinceMs > minuteSecs * 1_000) {
      known = new Set();
      sinceMs = performance.now();
    }
    if (known.has(key)) return key;
    if (known.size >= ownKeys) return `shared ${Number.parseInt(hash('sha256', key).slice(0, 8), 16) % sharedKeys}`;
    known.add(key);
    return key;
  };
}

type RateLimitedRoute = (GatewayEvent & { readonly type: 'rate_limited' })['route'];

/** Counts one call. @throws ERR_RATE_LIMITED with the time to wait, when the key has used up its minute */
export async function limitRate(
  limits: RateLimits,
  route: Exclude<LimitedRoute, 'guess_all'>,
  key: string,
  observe: Observe,
): Promise<void> {
  const { reached } = await limits.consume(route, key);
  if (reached !== undefined) throw tooMany(route, reached, observe);
}

/** The refusal of a call beyond a limit, which it also reports. */
export function tooMany(route: RateLimitedRoute, rateLimit: RateLimitState, observe: Observe): GatewayError {
  observe({ type: 'rate_limited', route });
  return new GatewayError('ERR_RATE_LIMITED', 'too many requests; wait before the next one', {
    retryAfterSecs: rateLimit.resetSecs,
    rateLimit,
  });
}

/**
 * For calls of which only refused ones count: a key that has used up its minute is refused.
 * @throws ERR_RATE_LIMITED
 */
export async function assertWithinRate(
  limits: RateLimits,
  route: Exclude<LimitedRoute, 'guess_all'>,
  key: string,
  observe: Observe,
): Promise<void> {
  const reached = await limits.reached(route, key);
  if (reached !== undefined) throw tooMany(route, reached, observe);
}

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
