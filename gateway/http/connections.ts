import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { endianness } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type ByteBudget, type ByteLease, createByteBudget } from '../limits/byte-budget.ts';
import { addressGroups, addressKey } from '../limits/client-address.ts';
import type { ListenerLimits } from './http-listener.ts';

/** By {@link queueOf}: bytes of a connection that are in the kernel because its peer has not acknowledged them. Without those of 0 bytes. */
type SendQueues = ReadonlyMap<string, number>;

/** A connection in a state, and the length of its send queue; all in hexadecimal (Linux, `proc_net_tcp`). */
const line = /: ([0-9A-F]+:[0-9A-F]{4} [0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} (?!0{8}:)([0-9A-F]{8}):/g;

/**
 * Node has no option for the size of a socket's send buffer, and does not report what is in it. Linux does, for all
 * connections of a network namespace at a time.
 * @returns undefined where the system has no such table
 */
export async function readSendQueues(family: string): Promise<SendQueues | undefined> {
  if (endianness() !== 'LE') return undefined;
  try {
    const table = await readFile(family === 'IPv6' ? '/proc/self/net/tcp6' : '/proc/self/net/tcp', 'latin1');
    const queues = new Map<string, number>();
    for (const [, connection = '', bytes = ''] of table.matchAll(line))
      queues.set(connection, Number.parseInt(bytes, 16));
    return queues;
  } catch {
    return undefined;
  }
}

/** The name of a connection in the table; empty when it is closed already. */
export function queueOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  if (localAddress === undefined || remoteAddress === undefined) return '';
  return `${hexAddress(localAddress)}:${hexPort(localPort)} ${hexAddress(remoteAddress)}:${hexPort(remotePort)}`;
}

const hexPort = (port = 0): string => port.toString(16).toUpperCase().padStart(4, '0');

/** Words of four bytes, each printed as the number that it is in the memory of a little-endian machine. */
function hexAddress(address: string): string {
  const bytes = address.includes(':')
    ? addressGroups(address).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
    : address.split('.').map(Number);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) text += Buffer.from(bytes.slice(at, at + 4).reverse()).toString('hex');
  return text.toUpperCase();
}

/** Requests of a connection that may wait for their answers. They are answered one after another. */
const mostUnanswered = 8;
/** With more unread bytes the next request of a connection waits. */
const mostUnreadBytes = 1024 * 1024;
/** How often the connections are looked at, milliseconds; and at most so often when an answer waits for it. */
const sweepMs = 5_000;
const shortestSweepMs = 20;
/** Of the status line and the headers of an answer, about. */
const headBytes = 1_024;
/** An answer of this size goes out although the budget is used up: it may be the refusal itself. */
const smallBytes = 16 * 1024;

/** One connection, its requests and the bytes that its caller has not read. */
export class Connection {
  readonly socket: Socket;
  /** Its name in the system's table. */
  readonly queue: string;
  readonly #budget: ByteBudget;
  /** A proxy sends a request when it has read the answer to the one before. */
  readonly #isBehindProxy: boolean;
  readonly #look: () => Promise<UnreadBytes>;
  readonly #waiting: (() => void)[] = [];
  #clientIp = '';
  #holder = '';
  #lease: ByteLease;
  #unanswered = 0;
  /** Of an answer that is being written, until the kernel has all of it. */
  #writing = 0;
  /** When bytes were last seen to move, and what was seen then. */
  #movedAt = 0;
  #seen = '';

  constructor(socket: Socket, budget: ByteBudget, isBehindProxy: boolean, look: () => Promise<UnreadBytes>) {
    this.socket = socket;
    this.queue = queueOf(socket);
    this.#budget = budget;
    this.#isBehindProxy = isBehindProxy;
    this.#look = look;
    this.#lease = budget.lease('');
  }

  /** Who holds them: the client of the newest request. */
  get holder(): string {
    return this.#holder;
  }

  /** Bytes that may be unread: an upper bound, which each look at the connection corrects. */
  get unreadBytes(): number {
    return this.#lease.bytes;
  }

  /**
   * Runs the work for a request when those before it are answered, and the caller has read enough of the answers. A connection with too many
   * requests is reset.
   */
  inTurn(work: () => void): void {
    // Destroyed: requests that were read together with the one that was too many.
    if (this.socket.destroyed) return;
    this.#unanswered += 1;
    if (this.#unanswered > mostUnanswered) this.socket.resetAndDestroy();
    else if (this.#unanswered === 1) this.#begin(work);
    else this.#waiting.push(work);
  }

  /** A request has been answered, so the next one has its turn. */
  answered(): void {
    this.#unanswered -= 1;
    const next = this.#waiting.shift();
    if (next !== undefined && !this.socket.destroyed) this.#begin(next);
  }

  #begin(work: () => void): void {
    if (this.#isBehindProxy || this.unreadBytes <= mostUnreadBytes) work();
    else
      void this.whenRead(mostUnreadBytes).then(() => {
        if (!this.socket.destroyed) work();
      });
  }

  /** Resolves when at most so many bytes are unread, or the connection is closed. */
  async whenRead(most: number): Promise<void> {
    for (let waitMs = 10; !this.socket.destroyed; waitMs = Math.min(2 * waitMs, 1_000)) {
      const unread = (await this.#look()).get(this);
      // Undefined: the look had begun before the connection was open.
      if (unread !== undefined && unread <= most) return;
      await delay(waitMs);
    }
  }

  /** Takes the bytes of an answer from the budget. @returns false: there is no room for it */
  take(clientIp: string, bytes: number): boolean {
    if (this.#clientIp !== clientIp || (this.#isBehindProxy && this.#writing === 0)) {
      if (this.#clientIp !== clientIp) this.#holder = addressKey(clientIp);
      this.#clientIp = clientIp;
      this.#lease.release();
      this.#lease = this.#budget.lease(this.#holder);
    }
    return this.#lease.grow(bytes + headBytes);
  }

  /** Keeps the bytes of an answer that is written piece by piece. */
  async whileWriting(bytes: number, write: () => Promise<void>): Promise<void> {
    this.#writing = bytes;
    try {
      await write();
    } finally {
      this.#writing = 0;
    }
  }

  /** What was written and what of it Node still has. */
  mark(): { readonly written: number; readonly inNode: number } {
    const { bytesWritten, writableLength, destroyed } = this.socket;
    return { written: bytesWritten, inNode: destroyed ? 0 : writableLength };
  }

  /**
   * Gives back what has been read, and resets the connection when nothing moved for too long.
   * @param before what {@link mark} returned before the table was read
   * @returns bytes that are not read
   */
  settle({ written, inNode }: ReturnType<Connection['mark']>, inKernel: number, now: number, unreadMs: number): number {
    const unread = this.socket.bytesWritten - written + inNode + inKernel;
    this.#lease.shrink(unread + this.#writing);
    const seen = `${written} ${inNode} ${inKernel}`;
    if (inNode + inKernel === 0 || seen !== this.#seen) {
      this.#seen = seen;
      this.#movedAt = now;
    } else if (now - this.#movedAt >= unreadMs) this.reset();
    return unread;
  }

  /** Ends the connection, and frees what the kernel has of it. */
  reset(): void {
    if (this.socket.destroyed) return;
    this.socket.resetAndDestroy();
    this.release();
  }

  release(): void {
    this.#lease.release();
  }
}

/** What callers had not read at a look at all connections. */
type UnreadBytes = ReadonlyMap<Connection, number>;

/** The connections of a listener, and what they hold. */
interface Connections {
  of(socket: Socket): Connection | undefined;
  count(): number;
  /**
   * For an answer that {@link Connection.take} has refused: looks at what has been read since. When other callers hold all of the
   * budget, connections of the one that holds most are reset.
   * @returns false: the caller itself holds too much, or nothing can be freed
   */
  makeRoom(connection: Connection, clientIp: string, bytes: number): Promise<boolean>;
  stop(): void;
}

/**
 * Bounds what connections hold: their number, in total and by address, the requests that wait, and the bytes that callers have not read,
 * whether Node or the kernel has them. A connection whose bytes do not move for `unreadMs` is reset: after a plain close the kernel would keep
 * the bytes and try for minutes.
 */
export function limitConnections(server: Server, limits: ListenerLimits): Connections {
  const budget = createByteBudget({ totalBytes: limits.responseBytes, bytesPerHolder: limits.responseBytes / 4 });
  const open = new Map<Socket, Connection>();
  // Closed here while the kernel still had bytes for them.
  const leaving = new Set<Connection>();
  const addresses = createAddressCount(limits.isBehindProxy ? undefined : limits.connectionsPerAddress);
  const sweep = createSweep(server, () => [...open.values(), ...leaving], limits.unreadMs, leaving);

  server.maxConnections = limits.connections;
  server.on('connection', (socket) => {
    const address = addressKey(socket.remoteAddress ?? '');
    if (!addresses.enter(address)) {
      socket.resetAndDestroy();
      return;
    }
    const connection = new Connection(socket, budget, limits.isBehindProxy, sweep.now);
    open.set(socket, connection);
    socket.once('close', () => {
      open.delete(socket);
      addresses.leave(address);
      if (connection.unreadBytes > 0) leaving.add(connection);
    });
  });
  // Keep-alive is over. What is not read by then would stay in the kernel.
  server.on('timeout', async (socket: Socket) => {
    const connection = open.get(socket);
    if (connection !== undefined && ((await sweep.now()).get(connection) ?? 0) > 0) connection.reset();
    else socket.destroy();
  });
  const timer = setInterval(() => void sweep.now(), Math.min(sweepMs, limits.unreadMs / 4));
  timer.unref();

  return {
    of: (socket) => open.get(socket),
    count: () => open.size,
    async makeRoom(connection, clientIp, bytes) {
      await sweep.soon();
      while (!connection.socket.destroyed && !connection.take(clientIp, bytes)) {
        if (budget.isOverShare(connection.holder, bytes)) return false;
        const most = largestOf(open.values(), budget);
        if (most === undefined || most.holder === connection.holder) return bytes <= smallBytes;
        most.reset();
      }
      return !connection.socket.destroyed;
    },
    stop: () => clearInterval(timer),
  };
}

/** Looks at all connections, once at a time. */
function createSweep(server: Server, all: () => readonly Connection[], unreadMs: number, leaving: Set<Connection>) {
  let running: Promise<UnreadBytes> | undefined;
  let endedAt = 0;

  async function sweep(): Promise<UnreadBytes> {
    const marks = all().map((connection) => [connection, connection.mark()] as const);
    const queues = await readSendQueues((server.address() as AddressInfo | null)?.family ?? 'IPv4');
    const now = performance.now();
    const unread = new Map<Connection, number>();
    for (const [connection, mark] of marks) {
      const bytes = connection.settle(mark, queues?.get(connection.queue) ?? 0, now, unreadMs);
      unread.set(connection, bytes);
      if (bytes === 0 && leaving.delete(connection)) connection.release();
    }
    endedAt = now;
    running = undefined;
    return unread;
  }

  const now = () => (running ??= sweep());
  return {
    now,
    /** Waits until the last look is some time ago. */
    async soon() {
      const waitMs = endedAt + shortestSweepMs - performance.now();
      if (running === undefined && waitMs > 0) await delay(waitMs);
      await now();
    },
  };
}

/** @returns of the caller that holds most, the connection that holds most; undefined: no connection holds any */
function largestOf(connections: Iterable<Connection>, budget: ByteBudget): Connection | undefined {
  let largest: Connection | undefined;
  let most = 0;
  for (const connection of connections) {
    const held = budget.heldBy(connection.holder);
    if (connection.unreadBytes === 0 || held < most) continue;
    if (held > most || connection.unreadBytes > (largest?.unreadBytes ?? 0)) largest = connection;
    most = held;
  }
  return largest;
}

/** @param most of one address; undefined: not counted */
function createAddressCount(most: number | undefined) {
  const counts = new Map<string, number>();
  return {
    enter(address: string): boolean {
      const count = counts.get(address) ?? 0;
      if (most !== undefined && count >= most) return false;
      counts.set(address, count + 1);
      return true;
    },
    leave(address: string): void {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
  };
}
