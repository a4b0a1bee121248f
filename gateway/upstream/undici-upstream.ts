import { GatewayError } from '../../plugins/errors.ts';
import type { CallClass, Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { type Breakers, createBreakers } from './breakers.ts';
import { type Bulkheads, createBulkheads, type LaneLoad } from './bulkheads.ts';
import { createSender, type ReadyCall } from './call-sender.ts';
import { breakerFor, breakerName, classOf, laneOf } from './lanes.ts';
import { createReadSharing } from './read-sharing.ts';
import { defaultUpstreamLimits, type UpstreamOptions } from './upstream-options.ts';

/** The client of NoETL, and what an operator may ask of it. */
export interface UpstreamClient extends Upstream {
  /** Calls in flight and waiting, by class. */
  load(): Readonly<Record<CallClass, LaneLoad>>;
  /** The class and route of each circuit breaker that is not closed: `read /api/executions`. */
  openBreakers(): readonly string[];
  close(): Promise<void>;
}

/** Of both kinds of starts together NoETL sees at most 24. */
const inFlight = { auth: 64, auth_start: 8, probe: 4, read: 192 } as const;
/** Calls that wait in each lane, of all users. */
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
    onShed: (lane, reason) => observe({ type: 'upstream_shed', class: classOf(lane), reason }),
  });
  const breakers = createBreakers({
    ...options.breakers,
    onRefuse: (name) => observe({ type: 'upstream_shed', class: breakerName(name).class, reason: 'breaker' }),
    onChange: (name, state) => observe({ type: 'breaker', ...breakerName(name), state }),
  });
  const { send, share, close } = createSender(options, places);
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
  const enter = ({ call, lane }: ReadyCall): Promise<void> | undefined => {
    const owner = call.user?.userId;
    const asked = allow(call);
    return asked === undefined ? bulkheads.enter(lane, owner) : asked.then(() => bulkheads.enter(lane, owner));
  };
  const leave = ({ call, lane }: ReadyCall): void => bulkheads.leave(lane, call.user?.userId);
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
    return sharing.write(() => {
      const entering = enter(ready);
      const sendAndLeave = () => send(ready, () => leave(ready));
      return entering === undefined ? sendAndLeave() : entering.then(sendAndLeave);
    });
  }

  const admit: Upstream['request'] = (call) => {
    const ready = readyCall(call, breakers);
    // Before a place is taken: while a breaker is open callers must not queue for it.
    ready.breaker.assertClosed();
    return call.idempotent ? read(ready) : write(ready);
  };
  return (call) => {
    try {
      return admit(call);
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

const always = (): undefined => undefined;

function readyCall(call: UpstreamCall, breakers: Breakers): ReadyCall {
  const lane = laneOf(call);
  const path = pathOf(call);
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return { call, lane, breaker: breakers.of(breakerFor(lane, call)), path, body, isSent: false };
}

const sumOf = (one: LaneLoad, other: LaneLoad): LaneLoad => ({
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
function keyOf({ call, lane, path, body = '' }: ReadyCall): string {
  const { method, timeoutMs = 0, maxResponseBytes = 0, answer = '', headers } = call;
  const more = headers === undefined ? '' : JSON.stringify(headers);
  return `${lane} ${method} ${path} ${timeoutMs} ${maxResponseBytes} ${answer} ${more} ${body}`;
}
