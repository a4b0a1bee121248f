import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { UpstreamCall } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { type BucketSize, createTokenBuckets, type SharedTokenBuckets, type TakenToken } from './token-buckets.ts';

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

/**
 * How many calls to NoETL a user may make, and how many playbooks start, in token buckets. A user with several roles has the
 * largest limits among them. Calls without a user are the gateway's own and are not counted.
 */
export function createUserLimits({ limits, clock, observe, shared }: UserLimitsOptions): UserLimits {
  // Also the fallback while Redis does not answer.
  const own = createTokenBuckets(clock);

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
    const assertTaken = ({ isTaken, waitMs }: TakenToken): void => {
      if (!isTaken) throw limited(kind, size, waitMs);
    };
    if (shared !== undefined) {
      return shared
        .take(key, size)
        .catch(() => own.take(key, size))
        .then(assertTaken);
    }
    assertTaken(own.take(key, size));
    return undefined;
  }

  return ({ user, class: callClass }) => {
    if (user === undefined) return undefined;
    const sizes = sizesOf(limits, user.roles);
    // A start is a call, too; it takes a token of each kind.
    const asked = take('calls', user.userId, sizes.calls);
    if (callClass !== 'start') return asked;
    const start = () => take('starts', user.userId, sizes.starts);
    return asked === undefined ? start() : asked.then(start);
  };
}

/** The limits of a list of roles: the largest among them. */
function sizesOf(limits: UserLimitsOptions['limits'], roles: readonly string[]): Sizes {
  const largest = (name: Exclude<keyof typeof limits, 'byRole'>): number =>
    roles.length === 0 ? limits[name] : Math.max(...roles.map((role) => ofRole(limits, role)[name] ?? limits[name]));
  return { starts: sizeOf(largest('startsPerSecond')), calls: sizeOf(largest('callsPerSecond')) };
}

/** At once a user may do three times as much as in a second. */
const sizeOf = (perSecond: number): BucketSize => ({ perSecond, burst: 3 * perSecond });

const ofRole = ({ byRole }: UserLimitsOptions['limits'], role: string) =>
  (Object.hasOwn(byRole, role) ? byRole[role] : undefined) ?? {};
