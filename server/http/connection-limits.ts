import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { addressKey } from '../rate-limit/client-address.ts';
import type { ListenerLimits } from './listener-limits.ts';

/** Requests that may follow one another on a connection before the first one is answered. */
const pipelined = 100;
/** How often waiting bytes are looked at. */
const sweepMs = 5_000;

/**
 * Bounds what connections hold, and how many requests they send ahead. A connection whose bytes make no progress for `unreadMs` is reset: after a plain close the
 * kernel would keep the bytes and try for minutes.
 * @returns how many are open, and what stops the timer
 */
export function limitConnections(server: Server, limits: ListenerLimits) {
  const sockets = new Set<Socket>();
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
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  });
  const waiting = new WeakMap<Socket, number>();
  server.on('request', ({ socket }, response) => {
    // Requests that were read together with the one that was too many.
    if (socket.destroyed) return;
    const count = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, count);
    if (count > pipelined) {
      socket.resetAndDestroy();
      return;
    }
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
  });
  const timer = setInterval(resetUnread, Math.min(sweepMs, limits.unreadMs / 4), sockets, limits.unreadMs);
  timer.unref();
  return { count: () => sockets.size, stop: () => clearInterval(timer) };
}

interface Progress {
  readonly waiting: number;
  readonly written: number;
  readonly sinceMs: number;
}

const progressOf = new WeakMap<Socket, Progress>();

function resetUnread(sockets: ReadonlySet<Socket>, unreadMs: number): void {
  const now = performance.now();
  for (const socket of sockets) {
    const waiting = socket.writableLength;
    const last = progressOf.get(socket);
    if (waiting === 0) {
      if (last !== undefined) progressOf.delete(socket);
    } else if (last === undefined || last.waiting !== waiting || last.written !== socket.bytesWritten) {
      progressOf.set(socket, { waiting, written: socket.bytesWritten, sinceMs: now });
    } else if (now - last.sinceMs >= unreadMs) socket.resetAndDestroy();
  }
}
