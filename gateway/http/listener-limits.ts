import { GatewayError } from '../../plugins/errors.ts';
import { createByteBudget } from '../limits/byte-budget.ts';

/** Bounds of connections and memory that callers can take. */
export interface ListenerLimits {
  /** Open at a time; a connection beyond is closed at once. */
  readonly connections: number;
  /** Connections from one address, IPv6 by its /64 network; with `isBehindProxy` requests in flight of one client address. */
  readonly connectionsPerAddress: number;
  /** The sockets are those of proxies, and the client's address is in a header. */
  readonly isBehindProxy: boolean;
  /** Bodies of requests in memory, bytes. */
  readonly requestBytes: number;
  /** Answers that are not read yet, bytes. */
  readonly responseBytes: number;
  /** How long bytes may wait for a caller that reads nothing. */
  readonly unreadMs: number;
  /** How long a connection without a request stays open. */
  readonly keepAliveMs: number;
}

/** Limits where the config sets no other; the internal listener always has these. */
export const defaultListenerLimits: ListenerLimits = {
  connections: 10_000,
  connectionsPerAddress: 1_000,
  isBehindProxy: false,
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  unreadMs: 20_000,
  keepAliveMs: 65_000,
};

/** The budgets of the limits, and their use. */
export function createRoom(limits: ListenerLimits) {
  return {
    // One address takes a quarter at most.
    bodies: createByteBudget({ totalBytes: limits.requestBytes, bytesPerHolder: limits.requestBytes / 4 }),
    clients: createRequestCount(limits.isBehindProxy ? limits.connectionsPerAddress : undefined),
  };
}

/** Counts requests in flight by client address, where connections are those of proxies. */
function createRequestCount(most: number | undefined) {
  const counts = new Map<string, number>();
  return {
    /** @throws ERR_OVERLOADED */
    enter(address: string): void {
      if (most === undefined) return;
      const count = (counts.get(address) ?? 0) + 1;
      counts.set(address, count);
      if (count > most)
        throw new GatewayError('ERR_OVERLOADED', 'too many requests at a time from this address', {
          retryAfterSecs: 1,
        });
    },
    leave(address: string): void {
      if (most === undefined) return;
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
  };
}
