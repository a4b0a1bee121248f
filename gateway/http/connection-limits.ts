import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../limits/client-address.ts';
import type { ListenerLimits } from './listener-limits.ts';

/** Requests that may follow one another on a connection before the first one is answered. */
const pipelined = 100;
/** How often waiting bytes are looked at. */
const sweepMs = 5_000;

/**
 * Bounds what connections hold, and how many requests they send ahead. A connection whose bytes make no progress for `unreadMs` is reset: after a plain close the
 * kernel would keep the bytes and try for minutes.
 * @returns `count`: connections that are open; `enter`: counts a request of a connection; `stop`: ends the timer
 */
export function limitConnections(server: Server, limits: ListenerLimits) {
  const sockets = new Map<Socket, Unanswered>();
  const perAddress = new Map<string, number>();
  server.maxConnections = limits.connections;
  server.on('connection', (socket) => {
    const address = addressKey(socket.remoteAddress ?? '');
    const others = perAddress.get(address) ?? 0;
    if (!limits.isBehindProxy && others >= limits.connectionsPerAddress) {
      socket.resetAndDestroy();
      return;
    }
    perAddress.set(address, others + 1);
    sockets.set(socket, { requests: 0 });
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  });
  const timer = setInterval(resetUnread, Math.min(sweepMs, limits.unreadMs / 4), sockets, limits.unreadMs);
  timer.unref();
  /** Counts a request. @returns undefined: the request is not served, because its connection is closed or is reset for too many requests */
  function enter(socket: Socket): Unanswered | undefined {
    const unanswered = sockets.get(socket);
    // Destroyed: requests that were read together with the one that was too many.
    if (socket.destroyed || unanswered === undefined) return undefined;
    unanswered.requests += 1;
    if (unanswered.requests <= pipelined) return unanswered;
    socket.resetAndDestroy();
    return undefined;
  }
  return { count: () => sockets.size, enter, stop: () => clearInterval(timer) };
}

/** Of one connection: how many requests came that are not answered. */
export interface Unanswered {
  requests: number;
}

interface Progress {
  readonly waiting: number;
  readonly written: number;
  readonly sinceMs: number;
}

const progressOf = new WeakMap<Socket, Progress>();

function resetUnread(sockets: ReadonlyMap<Socket, Unanswered>, unreadMs: number): void {
  const now = performance.now();
  for (const socket of sockets.keys()) {
    const waiting = socket.writableLength;
    const last = progressOf.get(socket);
    if (waiting === 0) {
      if (last !== undefined) progressOf.delete(socket);
    } else if (last === undefined || last.waiting !== waiting || last.written !== socket.bytesWritten) {
      progressOf.set(socket, { waiting, written: socket.bytesWritten, sinceMs: now });
    } else if (now - last.sinceMs >= unreadMs) socket.resetAndDestroy();
  }
}
