import { GatewayError } from '../../plugins/errors.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { addressKey } from '../limits/client-address.ts';

/** Bounds how many streams are open: in all, of a user, and of an address. */
export interface StreamLimits {
  /** @returns what gives the place back. @throws ERR_OVERLOADED, ERR_RATE_LIMITED */
  enter(userId: string, address: string): () => void;
  /** How many are open now. */
  count(): number;
}

/** Counts of this process: each replica counts for itself. */
export function createStreamLimits(limits: ResolvedConfig['events']): StreamLimits {
  const open = new Map<string, number>();
  let total = 0;
  return {
    count: () => total,
    enter(userId, address) {
      // An address is counted as the limits of rates count it, so that one network has one place.
      const places = [
        { name: `user ${userId}`, most: limits.streamsPerUser },
        { name: `address ${addressKey(address)}`, most: limits.streamsPerAddress },
      ];
      if (total >= limits.streams) {
        throw new GatewayError('ERR_OVERLOADED', 'too many streams are open; try again', { retryAfterSecs: 5 });
      }
      if (places.some(({ name, most }) => (open.get(name) ?? 0) >= most)) {
        throw new GatewayError('ERR_RATE_LIMITED', 'too many streams are open for you; close some', {
          retryAfterSecs: 5,
        });
      }
      total += 1;
      for (const { name } of places) open.set(name, (open.get(name) ?? 0) + 1);
      return onceOnly(() => {
        total -= 1;
        for (const { name } of places) {
          const left = (open.get(name) ?? 1) - 1;
          if (left > 0) open.set(name, left);
          else open.delete(name);
        }
      });
    },
  };
}

/** A place is given back once, however many ways a stream ends. */
function onceOnly(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
