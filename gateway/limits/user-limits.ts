import { Cache } from '../../plugins/cache.ts';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { SharedTokenBuckets } from './redis-token-buckets.ts';
import { type BucketSize, createTokenBuckets, type TakenTokens } from './token-buckets.ts';

export interface UserLimitsOptions {
  readonly limits: Pick<ResolvedConfig['limits'], 'startsPerSecond' | 'callsPerSecond' | 'byRole'>;
  readonly clock: Clock;
  readonly observe: Observe;
  /** Counted there, for all replicas; by this process alone while it does not answer. Without it: by this process. */
  readonly shared?: SharedTokenBuckets;
}

type Kind = 'starts' | 'calls';
type Sizes = Readonly<Record<Kind, BucketSize>>;

/** Counts one call of a user. @returns undefined: allowed. @throws ERR_RATE_LIMITED, at once or by rejecting */
export type UserLimits = (call: Pick<UpstreamCall, 'user' | 'class'>) => Promise<void> | undefined;

/** A replica takes this share of a second's calls at a time from the shared bucket, so that not every call asks Redis. */
const leaseShare: Readonly<Record<Kind, number>> = { calls: 0.1, starts: 0.01 };
const leaseMs = 1_000;

/**
 * How many calls to NoETL a user may make, and how many playbooks start, in token buckets. A user with several roles has the
 * largest limits among them. Calls without a user are the gateway's own and are not counted.
 */
export function createUserLimits({ limits, clock, observe, shared }: UserLimitsOptions): UserLimits {
  const sizesOf = createSizes(limits);
  // Also the fallback while Redis does not answer.
  const own = createTokenBuckets(clock);
  const takeShared = shared && createLeases(shared, own, clock);

  // What a refused user gets: the time until there is a token, in whole seconds.
  const limited = (kind: Kind, { perSecond, burst }: BucketSize, waitMs: number): GatewayError => {
    observe({ type: 'rate_limited', route: kind });
    const resetSecs = Math.max(1, Math.ceil(waitMs / 1_000));
    return new GatewayError(
      'ERR_RATE_LIMITED',
      `too many ${kind === 'starts' ? 'playbooks started' : 'calls'}; try again later`,
      {
        retryAfterSecs: resetSecs,
        rateLimit: { policy: kind, quota: burst, windowSecs: Math.ceil(burst / perSecond), remaining: 0, resetSecs },
      },
    );
  };
  function take(kind: Kind, userId: string, size: BucketSize): Promise<void> | undefined {
    const key = `${kind} ${userId}`;
    if (takeShared !== undefined) {
      // A handful at a time, at least one token.
      return takeShared(key, size, Math.max(1, Math.floor(size.perSecond * leaseShare[kind]))).then(
        ({ granted, waitMs }) => {
          if (granted === 0) throw limited(kind, size, waitMs);
        },
      );
    }
    const { granted, waitMs } = own.take(key, size, 1);
    if (granted === 0) throw limited(kind, size, waitMs);
    return undefined;
  }

  return ({ user, class: callClass }) => {
    if (user === undefined) return undefined;
    const sizes = sizesOf(user.roles);
    // A start is a call, too; it takes a token of each kind.
    const asked = take('calls', user.userId, sizes.calls);
    if (callClass !== 'start') return asked;
    const start = () => take('starts', user.userId, sizes.starts);
    return asked === undefined ? start() : asked.then(start);
  };
}

/** Takes one token, out of a handful that this replica holds for the key, or a new handful of the shared bucket. */
function createLeases(shared: SharedTokenBuckets, own: ReturnType<typeof createTokenBuckets>, clock: Clock) {
  const leases = new Cache<string, { left: number }>({ max: 10_000, clock });
  const asking = new SingleFlight<string, TakenTokens>();

  async function ask(key: string, size: BucketSize, most: number): Promise<TakenTokens> {
    // Without Redis this process counts alone.
    const taken = await shared.take(key, size, most).catch(() => own.take(key, size, most));
    if (taken.granted > 0) leases.set(key, { left: taken.granted }, clock() + leaseMs);
    return taken;
  }

  return async (key: string, size: BucketSize, most: number): Promise<TakenTokens> => {
    // Callers that waited for the same handful share it; those that come too late for it ask for another.
    for (;;) {
      const lease = leases.get(key);
      if (lease !== undefined && lease.left > 0) {
        lease.left -= 1;
        return { granted: 1, waitMs: 0 };
      }
      const taken = await asking.run(key, () => ask(key, size, most));
      if (taken.granted === 0) return taken;
    }
  };
}

/** The limits of a list of roles. Lists are those of sessions, which live long. */
function createSizes(limits: UserLimitsOptions['limits']): (roles: readonly string[]) => Sizes {
  const known = new WeakMap<readonly string[], Sizes>();
  const largest = (roles: readonly string[], name: Exclude<keyof typeof limits, 'byRole'>): number =>
    Math.max(
      ...(roles.length === 0 ? [limits[name]] : roles.map((role) => ofRole(limits, role)[name] ?? limits[name])),
    );
  return (roles) => {
    const found = known.get(roles);
    if (found !== undefined) return found;
    const sizes: Sizes = {
      starts: sizeOf(largest(roles, 'startsPerSecond')),
      calls: sizeOf(largest(roles, 'callsPerSecond')),
    };
    known.set(roles, sizes);
    return sizes;
  };
}

/** At once a user may do three times as much as in a second. */
const sizeOf = (perSecond: number): BucketSize => ({ perSecond, burst: 3 * perSecond });

const ofRole = ({ byRole }: UserLimitsOptions['limits'], role: string) =>
  (Object.hasOwn(byRole, role) ? byRole[role] : undefined) ?? {};
