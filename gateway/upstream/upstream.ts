import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { CallClass, Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { SingleFlight } from '../../plugins/single-flight.ts';
import { type BreakerOptions, type Breakers, createBreakers } from './breakers.ts';
import {
  type BulkheadLoad,
  type Bulkheads,
  breakerFor,
  breakerName,
  bulkheadFor,
  classOf,
  createBulkheads,
} from './bulkheads.ts';
import { createSender, type ReadyCall } from './sender.ts';

/** What reads are to those that share them. */
interface SharedReads<Read, T> {
  /** Reads with the same key may share an answer. */
  keyOf(read: Read): string;
  /** Whose turn the read waits for. */
  ownerOf(read: Read): string | undefined;
  signalOf(read: Read): AbortSignal | undefined;
  /** Takes a place. @returns undefined when there is room now */
  enter(read: Read): Promise<void> | undefined;
  /** Makes the call in the place that was taken, and gives the place back. */
  send(read: Read): Promise<T>;
  /** Gives the place back without a call. */
  leave(read: Read): void;
}

/** Lets identical reads that are in flight share one call; who may see the answer is each reader's own matter. */
interface ReadSharing<Read, T> {
  /** Joins a call with the same key, or makes it. One reader leaving does not take the answer from the others. */
  read(read: Read): Promise<T>;
  /** A call that changes something: no read that begins after it joins one that began before it ended. */
  write(send: () => Promise<T>): Promise<T>;
}

/** A read that waits for a place is joined by reads of its owner only: others would wait in the owner's queue. */
function createReadSharing<Read, T>(reads: SharedReads<Read, T>): ReadSharing<Read, T> {
  const inFlight = new SingleFlight<string, T>();
  const queued = new SingleFlight<string, T>();
  return {
    read(read) {
      const key = reads.keyOf(read);
      const running = inFlight.get(key) ?? waiting(read, key) ?? begin(read, key);
      const signal = reads.signalOf(read);
      return signal === undefined ? running : untilAborted(running, signal);
    },
    write(send) {
      const sent = send();
      // Also after a failure: NoETL may have done it. Before the caller goes on, who may read next.
      const over = () => inFlight.forget();
      void sent.then(over, over);
      return sent;
    },
  };

  function waiting(read: Read, key: string): Promise<T> | undefined {
    return queued.size === 0 ? undefined : queued.get(ownKey(read, key));
  }

  function begin(read: Read, key: string): Promise<T> {
    const entering = reads.enter(read);
    if (entering === undefined) return start(read, key);
    return queued.run(ownKey(read, key), () => queue(read, key, entering));
  }

  async function queue(read: Read, key: string, entering: Promise<void>): Promise<T> {
    try {
      await entering;
    } finally {
      // Whether there is a place or not: reads that come now must not join a wait that is over.
      queued.forget(ownKey(read, key));
    }
    const other = inFlight.get(key);
    if (other === undefined) return start(read, key);
    // Another owner's read with the same key was sent meanwhile; the place is not needed.
    reads.leave(read);
    return other;
  }

  function start(read: Read, key: string): Promise<T> {
    return inFlight.run(key, () => reads.send(read));
  }

  /** No key holds a line break. */
  function ownKey(read: Read, key: string): string {
    return `${reads.ownerOf(read) ?? ''}\n${key}`;
  }
}

function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(new GatewayError('ERR_UPSTREAM', 'the caller left', { cause: signal.reason }));
    if (signal.aborted) {
      running.catch(() => {});
      return leave();
    }
    signal.addEventListener('abort', leave, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

export interface UpstreamOptions {
  /** Where NoETL answers; a path in it is kept in front of every call's own. */
  readonly baseUrl: URL;
  /** Sent with every call, but for one whose row has an `Authorization` of its own. */
  readonly token?: string;
  /** Deadline of a call over connecting, headers and body, unless the call sets its own. */
  readonly timeoutMs: number;
  /** An answer larger than this is an error, unless the call sets its own limit. */
  readonly maxResponseBytes: number;
  readonly observe?: Observe;
  readonly clock?: Clock;
  readonly limits?: Partial<UpstreamLimits>;
  /**
   * Asked before a call takes a place; a read that joins one in flight is not asked about. @returns undefined: allowed
   * @throws ERR_RATE_LIMITED, at once or by rejecting
   */
  readonly allow?: (call: UpstreamCall) => Promise<void> | undefined;
  readonly breakers?: Omit<BreakerOptions, 'onChange' | 'onRefuse'>;
}

/** How many calls may be in flight, and how long one may wait for a place. */
interface UpstreamLimits {
  /** Starts of playbooks in flight. Default 16: NoETL refuses starts when 32 wait for its database. */
  readonly startsAtOnce: number;
  /** Calls of one user in flight. Default 32. */
  readonly userCallsAtOnce: number;
  /** Calls of one user that wait, in each class. Default 128. */
  readonly userCallsWaiting: number;
  /** Milliseconds. Default 5,000. */
  readonly callWaitMs: number;
  /** Of large answers in memory, bytes; one user gets a quarter. Default 32 MiB. */
  readonly upstreamBytesInFlight: number;
}

/** Those of a config without `limits`. */
export const defaultUpstreamLimits: UpstreamLimits = {
  startsAtOnce: 16,
  userCallsAtOnce: 32,
  userCallsWaiting: 128,
  callWaitMs: 5_000,
  upstreamBytesInFlight: 32 * 1024 * 1024,
};

/** The client of NoETL, and what an operator may ask of it. */
export interface UpstreamClient extends Upstream {
  /** Calls in flight and waiting, by class. */
  load(): Readonly<Record<CallClass, BulkheadLoad>>;
  /** The class and route of each circuit breaker that is not closed: `read /api/executions`. */
  openBreakers(): readonly string[];
  close(): Promise<void>;
}

/** Of both kinds of starts together NoETL sees at most 24. */
const inFlight = { auth: 64, auth_start: 8, probe: 4, read: 192 } as const;
/** Calls that wait in each bulkhead, of all users. */
const maxWaiting = 1_024;

/** A path that is sent as it is. The call plan encodes arguments; this is the second net. */
const safePath = /^\/[^?#\s\\]*$/;

/**
 * The one client of NoETL. Follows no redirect, sends no header of a caller, and sends a call a second time only when it
 * is idempotent and its socket broke before an answer began. Identical reads in flight share one call. Each class of calls
 * has connections of its own, each user a limit of calls in flight, each class and route a circuit breaker.
 */
export function createUpstream(options: UpstreamOptions): UpstreamClient {
  const { observe = () => {} } = options;
  const limits = { ...defaultUpstreamLimits, ...options.limits };
  const places = { ...inFlight, start: limits.startsAtOnce };
  const bulkheads = createBulkheads({
    inFlight: places,
    userInFlight: limits.userCallsAtOnce,
    userWaiting: limits.userCallsWaiting,
    waiting: maxWaiting,
    waitMs: limits.callWaitMs,
    onShed: (bulkhead, reason) => observe({ type: 'upstream_shed', class: classOf(bulkhead), reason }),
  });
  const breakers = createBreakers({
    ...options.breakers,
    onRefuse: (name) => observe({ type: 'upstream_shed', class: breakerName(name).class, reason: 'breaker' }),
    onChange: (name, state) => observe({ type: 'breaker', ...breakerName(name), state }),
  });
  const { send, share, close } = createSender(options, places, limits.upstreamBytesInFlight);
  const request = createAdmission(bulkheads, breakers, options.allow ?? always, { send, share });
  return {
    request,
    load: () => ({
      auth: sumOf(bulkheads.load('auth'), bulkheads.load('auth_start')),
      probe: bulkheads.load('probe'),
      read: bulkheads.load('read'),
      start: bulkheads.load('start'),
    }),
    openBreakers: () => breakers.open().map((name) => `${breakerName(name).class} ${breakerName(name).route}`),
    close,
  };
}

/** Lets calls in: an open breaker refuses at once, then a call joins one in flight, or takes a place of its own. */
function createAdmission(
  bulkheads: Bulkheads,
  breakers: Breakers,
  allow: NonNullable<UpstreamOptions['allow']>,
  { send, share }: Pick<ReturnType<typeof createSender>, 'send' | 'share'>,
): Upstream['request'] {
  const enter = ({ call, bulkhead }: ReadyCall): Promise<void> | undefined => {
    const owner = call.user?.userId;
    const asked = allow(call);
    return asked === undefined ? bulkheads.enter(bulkhead, owner) : asked.then(() => bulkheads.enter(bulkhead, owner));
  };
  const leave = ({ call, bulkhead }: ReadyCall): void => bulkheads.leave(bulkhead, call.user?.userId);
  const sharing = createReadSharing<ReadyCall, UpstreamReply>({
    keyOf,
    ownerOf: ({ call }) => call.user?.userId,
    signalOf: ({ call }) => call.signal,
    enter,
    leave,
    send(ready) {
      ready.isSent = true;
      return send(ready, () => leave(ready));
    },
  });

  function read(ready: ReadyCall): Promise<UpstreamReply> {
    const reply = sharing.read(ready);
    // What is sent at once is counted while it is read.
    return ready.isSent ? reply : reply.then((shared) => (ready.isSent ? shared : share(shared, ready.call)));
  }

  function write(ready: ReadyCall): Promise<UpstreamReply> {
    return sharing.write(async () => {
      const entering = enter(ready);
      if (entering !== undefined) await entering;
      return send(ready, () => leave(ready));
    });
  }

  return async (call) => {
    const ready = readyCall(call, breakers);
    // Before a place is taken: while a breaker is open callers must not queue for it.
    ready.breaker.assertClosed();
    return call.idempotent ? read(ready) : write(ready);
  };
}

const always = (): undefined => undefined;

function readyCall(call: UpstreamCall, breakers: Breakers): ReadyCall {
  const bulkhead = bulkheadFor(call);
  const path = pathOf(call);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return { call, bulkhead, breaker: breakers.of(breakerFor(bulkhead, call)), path, body, isSent: false };
}

const sumOf = (one: BulkheadLoad, other: BulkheadLoad): BulkheadLoad => ({
  running: one.running + other.running,
  waiting: one.waiting + other.waiting,
});

function pathOf(call: UpstreamCall): string {
  if (!safePath.test(call.path)) throw new GatewayError('ERR_INTERNAL', 'a malformed upstream path was not sent');
  if (call.query === undefined || call.query.length === 0) return call.path;
  const query = call.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${call.path}?${query.join('&')}`;
}

/** Two reads with the same key may share an answer: same class, address, headers, body and bounds. No address holds a blank. */
function keyOf({ call, bulkhead, path, body = '' }: ReadyCall): string {
  const { method, timeoutMs = 0, maxResponseBytes = 0, answer = '', headers } = call;
  const more = headers === undefined ? '' : JSON.stringify(headers);
  return `${bulkhead} ${method} ${path} ${timeoutMs} ${maxResponseBytes} ${answer} ${more} ${body}`;
}
