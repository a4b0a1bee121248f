import { GatewayError } from '../../plugins/errors.ts';
import type { CallClass, UpstreamCall } from '../../plugins/ports.ts';

/** Why a call was not made. */
type ShedReason = 'user' | 'class' | 'wait';

/** Connections of one kind. `auth_start` are the starts of auth playbooks: users' starts never take their places. */
export type BulkheadName = CallClass | 'auth_start';

export interface BulkheadOptions {
  /** Calls in flight, by bulkhead. */
  readonly inFlight: Readonly<Record<BulkheadName, number>>;
  /** Calls of one user in flight, over all bulkheads. */
  readonly userInFlight: number;
  /** Calls of one user that wait in a bulkhead. */
  readonly userWaiting: number;
  /** Calls that wait in a bulkhead. */
  readonly waiting: number;
  /** The longest wait, milliseconds. */
  readonly waitMs: number;
  readonly onShed: (bulkhead: BulkheadName, reason: ShedReason) => void;
}

/** Calls in flight and waiting. */
export interface BulkheadLoad {
  readonly running: number;
  readonly waiting: number;
}

/** Lets calls pass under limits, so that one kind of call, or one user, never takes what the others need. */
export interface Bulkheads {
  /**
   * Takes a place. Each one that was taken is given back by `leave`.
   * @returns undefined when there is room now; else a promise that resolves when there is
   * @throws ERR_OVERLOADED (rejects) when the queue is full, or the wait too long
   */
  enter(bulkhead: BulkheadName, user: string | undefined): Promise<void> | undefined;
  leave(bulkhead: BulkheadName, user: string | undefined): void;
  load(bulkhead: BulkheadName): BulkheadLoad;
}

interface Waiter {
  readonly user: string | undefined;
  readonly go: () => void;
}

interface BulkheadState {
  readonly limit: number;
  running: number;
  waiting: number;
  /** Waiting calls by user. The first entry is the next in turn; a user who was served goes to the end. */
  readonly turns: Map<string | undefined, Waiter[]>;
}

/**
 * Each bulkhead serves users in turn: a user with a thousand waiting calls delays another user's first one by one call.
 * Calls without a user, which are the gateway's own, are one user without a limit of its own.
 */
export function createBulkheads(options: BulkheadOptions): Bulkheads {
  const bulkheads = new Map<BulkheadName, BulkheadState>(
    Object.entries(options.inFlight).map(([name, limit]) => [
      name as BulkheadName,
      { limit, running: 0, waiting: 0, turns: new Map() },
    ]),
  );
  const shares = createShares(options.userInFlight);
  const stateOf = (name: BulkheadName): BulkheadState => {
    const bulkhead = bulkheads.get(name);
    if (bulkhead === undefined) throw new GatewayError('ERR_INTERNAL', 'a call to NoETL has an unknown class');
    return bulkhead;
  };
  const shed = (name: BulkheadName, reason: ShedReason): GatewayError => {
    options.onShed(name, reason);
    return refusal(reason, options.waitMs);
  };

  return {
    enter(name, user) {
      const bulkhead = stateOf(name);
      // A call that waits while there is room waits for its user's limit: no other call is overtaken here.
      if (bulkhead.running < bulkhead.limit && shares.has(user)) {
        bulkhead.running += 1;
        shares.take(user);
        return undefined;
      }
      if (user !== undefined && (bulkhead.turns.get(user)?.length ?? 0) >= options.userWaiting)
        return Promise.reject(shed(name, 'user'));
      if (bulkhead.waiting >= options.waiting) return Promise.reject(shed(name, 'class'));
      return wait(bulkhead, user, options.waitMs, () => shed(name, 'wait'));
    },
    leave(name, user) {
      stateOf(name).running -= 1;
      shares.leave(user);
      // In every bulkhead: the user's limit is over all of them.
      for (const bulkhead of bulkheads.values()) if (bulkhead.waiting > 0) serve(bulkhead, shares);
    },
    load: stateOf,
  };
}

/** How many calls of each user are in flight. */
interface Shares {
  has(user: string | undefined): boolean;
  take(user: string | undefined): void;
  leave(user: string | undefined): void;
}

function createShares(limit: number): Shares {
  const running = new Map<string, number>();
  return {
    has: (user) => user === undefined || (running.get(user) ?? 0) < limit,
    take(user) {
      if (user !== undefined) running.set(user, (running.get(user) ?? 0) + 1);
    },
    leave(user) {
      if (user === undefined) return;
      const left = (running.get(user) ?? 1) - 1;
      if (left > 0) running.set(user, left);
      else running.delete(user);
    },
  };
}

function wait(bulkhead: BulkheadState, user: string | undefined, ms: number, late: () => GatewayError): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const waiter: Waiter = {
    user,
    go() {
      clearTimeout(timer);
      resolve();
    },
  };
  // The timer is the only way out of the queue besides a turn.
  const timer = setTimeout(() => {
    remove(bulkhead, waiter);
    reject(late());
  }, ms);
  const own = bulkhead.turns.get(user) ?? [];
  own.push(waiter);
  bulkhead.turns.set(user, own);
  bulkhead.waiting += 1;
  return promise;
}

/** Starts what can start now. Afterwards the bulkhead is full, or all who wait in it are at their limit. */
function serve(bulkhead: BulkheadState, shares: Shares): void {
  // A user who is put at the end is visited again: each visit takes one place or is the user's last.
  for (const [user, waiters] of bulkhead.turns) {
    if (bulkhead.running >= bulkhead.limit) return;
    // At its limit: its calls keep their place in the order.
    if (!shares.has(user)) continue;
    const waiter = waiters.shift();
    bulkhead.turns.delete(user);
    if (waiters.length > 0) bulkhead.turns.set(user, waiters);
    if (waiter === undefined) continue;
    bulkhead.waiting -= 1;
    bulkhead.running += 1;
    shares.take(user);
    waiter.go();
  }
}

function remove(bulkhead: BulkheadState, waiter: Waiter): void {
  const waiters = bulkhead.turns.get(waiter.user);
  const at = waiters?.indexOf(waiter) ?? -1;
  if (waiters === undefined || at < 0) return;
  waiters.splice(at, 1);
  bulkhead.waiting -= 1;
  if (waiters.length === 0) bulkhead.turns.delete(waiter.user);
}

const sentences: Readonly<Record<ShedReason, string>> = {
  user: 'too many of your calls to NoETL are waiting',
  class: 'too many calls to NoETL are waiting',
  wait: 'NoETL is busy, and the call waited too long',
};

function refusal(reason: ShedReason, waitMs: number): GatewayError {
  return new GatewayError('ERR_OVERLOADED', `${sentences[reason]}; it was not made, try again later`, {
    retryAfterSecs: Math.max(1, Math.ceil(waitMs / 1_000)),
  });
}

/** Auth playbooks are started beside the reads that watch them, so that many watched runs do not hold up a login. */
export function bulkheadFor({ class: given = 'read', idempotent }: UpstreamCall): BulkheadName {
  return given === 'auth' && !idempotent ? 'auth_start' : given;
}

/** The class that metrics and messages name: both bulkheads of `auth` are one. */
export const classOf = (bulkhead: BulkheadName): CallClass => (bulkhead === 'auth_start' ? 'auth' : bulkhead);

/** The name of the breaker of a call. */
export const breakerFor = (bulkhead: BulkheadName, { method, route }: UpstreamCall): string =>
  `${bulkhead} ${method} ${route}`;

/** The parts of a breaker's name, see {@link breakerFor}. */
export function breakerName(name: string): { readonly class: CallClass; readonly route: string } {
  const [bulkhead = 'read', , route = 'other'] = name.split(' ');
  return { class: classOf(bulkhead as BulkheadName), route };
}
