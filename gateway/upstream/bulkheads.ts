import { GatewayError } from '../../plugins/errors.ts';
import type { CallClass, UpstreamCall } from '../../plugins/ports.ts';

/** Why a call was not made. */
type ShedReason = 'user' | 'class' | 'wait';

/** Connections of one kind. `auth_start` are the starts of auth playbooks: users' starts never take their places. */
export type Lane = CallClass | 'auth_start';

export interface BulkheadOptions {
  /** Calls in flight, by lane. */
  readonly inFlight: Readonly<Record<Lane, number>>;
  /** Calls of one user in flight, over all lanes. */
  readonly userInFlight: number;
  /** Calls of one user that wait in a lane. */
  readonly userWaiting: number;
  /** Calls that wait in a lane. */
  readonly waiting: number;
  /** The longest wait, milliseconds. */
  readonly waitMs: number;
  readonly onShed: (lane: Lane, reason: ShedReason) => void;
}

/** Calls in flight and waiting. */
export interface LaneLoad {
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
  enter(lane: Lane, user: string | undefined): Promise<void> | undefined;
  leave(lane: Lane, user: string | undefined): void;
  load(lane: Lane): LaneLoad;
}

interface Waiter {
  readonly user: string | undefined;
  readonly go: () => void;
}

interface LaneState {
  readonly limit: number;
  running: number;
  waiting: number;
  /** Waiting calls by user. The first entry is the next in turn; a user who was served goes to the end. */
  readonly turns: Map<string | undefined, Waiter[]>;
}

/**
 * Each lane serves users in turn: a user with a thousand waiting calls delays another user's first one by one call.
 * Calls without a user, which are the gateway's own, are one user without a limit of its own.
 */
export function createBulkheads(options: BulkheadOptions): Bulkheads {
  const lanes = new Map<Lane, LaneState>(
    Object.entries(options.inFlight).map(([name, limit]) => [
      name as Lane,
      { limit, running: 0, waiting: 0, turns: new Map() },
    ]),
  );
  const shares = createShares(options.userInFlight);
  const laneOf = (name: Lane): LaneState => {
    const lane = lanes.get(name);
    if (lane === undefined) throw new GatewayError('ERR_INTERNAL', 'a call to NoETL has an unknown class');
    return lane;
  };
  const shed = (name: Lane, reason: ShedReason): GatewayError => {
    options.onShed(name, reason);
    return refusal(reason, options.waitMs);
  };

  return {
    enter(name, user) {
      const lane = laneOf(name);
      // A call that waits while there is room waits for its user's limit: no other call is overtaken here.
      if (lane.running < lane.limit && shares.has(user)) {
        lane.running += 1;
        shares.take(user);
        return undefined;
      }
      if (user !== undefined && (lane.turns.get(user)?.length ?? 0) >= options.userWaiting)
        return Promise.reject(shed(name, 'user'));
      if (lane.waiting >= options.waiting) return Promise.reject(shed(name, 'class'));
      return wait(lane, user, options.waitMs, () => shed(name, 'wait'));
    },
    leave(name, user) {
      laneOf(name).running -= 1;
      shares.leave(user);
      // In every lane: the user's limit is over all of them.
      for (const lane of lanes.values()) if (lane.waiting > 0) serve(lane, shares);
    },
    load: laneOf,
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

function wait(lane: LaneState, user: string | undefined, ms: number, late: () => GatewayError): Promise<void> {
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
    remove(lane, waiter);
    reject(late());
  }, ms);
  const own = lane.turns.get(user) ?? [];
  own.push(waiter);
  lane.turns.set(user, own);
  lane.waiting += 1;
  return promise;
}

/** Starts what can start now. Afterwards the lane is full, or all who wait in it are at their limit. */
function serve(lane: LaneState, shares: Shares): void {
  // A user who is put at the end is visited again: each visit takes one place or is the user's last.
  for (const [user, waiters] of lane.turns) {
    if (lane.running >= lane.limit) return;
    // At its limit: its calls keep their place in the order.
    if (!shares.has(user)) continue;
    const waiter = waiters.shift();
    lane.turns.delete(user);
    if (waiters.length > 0) lane.turns.set(user, waiters);
    if (waiter === undefined) continue;
    lane.waiting -= 1;
    lane.running += 1;
    shares.take(user);
    waiter.go();
  }
}

function remove(lane: LaneState, waiter: Waiter): void {
  const waiters = lane.turns.get(waiter.user);
  const at = waiters?.indexOf(waiter) ?? -1;
  if (waiters === undefined || at < 0) return;
  waiters.splice(at, 1);
  lane.waiting -= 1;
  if (waiters.length === 0) lane.turns.delete(waiter.user);
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
export function laneOf({ class: given = 'read', idempotent }: UpstreamCall): Lane {
  return given === 'auth' && !idempotent ? 'auth_start' : given;
}

/** The class that metrics and messages name: both lanes of `auth` are one. */
export const classOf = (lane: Lane): CallClass => (lane === 'auth_start' ? 'auth' : lane);

/** The name of the breaker of a call. */
export const breakerFor = (lane: Lane, { method, route }: UpstreamCall): string => `${lane} ${method} ${route}`;

/** The parts of a breaker's name, see {@link breakerFor}. */
export function breakerName(name: string): { readonly class: CallClass; readonly route: string } {
  const [lane = 'read', , route = 'other'] = name.split(' ');
  return { class: classOf(lane as Lane), route };
}
