import { Pool } from 'undici';
import { createByteBudget } from '../../core/byte-budget.ts';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/lossless-json.ts';
import { isBusyAnswer } from '../../core/noetl/busy-answer.ts';
import type { Observe } from '../../core/observe.ts';
import type { CallClass, Upstream, UpstreamCall, UpstreamReply } from '../../core/ports.ts';
import { whenExchangeEnds } from '../exchange-scope.ts';
import { BreakerOpenError, type BreakerOptions, type Breakers, createBreakers } from './breakers.ts';
import { type Bulkheads, createBulkheads, type Lane, type LaneLoad } from './bulkheads.ts';
import { createReadSharing } from './read-sharing.ts';
import { collect, type RawReply } from './reply-collector.ts';
import { createRetryBudget } from './retry-budget.ts';

export interface UpstreamOptions {
  /** Where NoETL answers; a path in it is kept in front of every call's own. */
  readonly baseUrl: URL;
  /** Deadline of a call over connecting, headers and body, unless the call says otherwise. */
  readonly timeoutMs: number;
  /** An answer larger than this is an error, unless the call says otherwise. */
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
export interface UpstreamLimits {
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

/** The client of NoETL, and what an operator may ask of it. */
export interface UpstreamClient extends Upstream {
  /** Calls in flight and waiting, by class. */
  load(): Readonly<Record<CallClass, LaneLoad>>;
  /** The class and route of each circuit breaker that is not closed: `read /api/executions`. */
  openBreakers(): readonly string[];
  close(): Promise<void>;
}

const defaultLimits: UpstreamLimits = {
  startsAtOnce: 16,
  userCallsAtOnce: 32,
  userCallsWaiting: 128,
  callWaitMs: 5_000,
  upstreamBytesInFlight: 32 * 1024 * 1024,
};
/** Of both kinds of starts together NoETL sees at most 24. */
const inFlight = { auth: 64, auth_start: 8, probe: 4, read: 192 } as const;
const maxWaiting = 1_024;
const busySecs = 2;

/** NoETL closes idle sockets after 5 s; ours are gone before. */
const idleSocketMs = 4_000;
const safeRequestId = /^[\w.-]{1,128}$/;
const safePath = /^\/[^?#\s\\]*$/;

/**
 * The one client of NoETL. Follows no redirect, sends no header of a caller, and sends a call a second time only when it
 * is idempotent and its socket broke before an answer began. Identical reads in flight share one call. Each class of calls
 * has connections of its own, each user a limit of calls in flight, each class and route a circuit breaker.
 */
export function createUpstream(options: UpstreamOptions): UpstreamClient {
  const { observe = () => {} } = options;
  const limits = { ...defaultLimits, ...options.limits };
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
  const { send, close } = createSender(options, places, breakers);
  const request = createAdmission(bulkheads, breakers, options.allow ?? always, send);
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

/** A call with its address and body in their final form. */
interface ReadyCall {
  readonly call: UpstreamCall;
  readonly lane: Lane;
  readonly path: string;
  readonly body: string | undefined;
}

/** Lets calls in: an open breaker refuses at once, then a call joins one in flight, or takes a place of its own. */
function createAdmission(
  bulkheads: Bulkheads,
  breakers: Breakers,
  allow: NonNullable<UpstreamOptions['allow']>,
  send: (ready: ReadyCall) => Promise<UpstreamReply>,
): Upstream['request'] {
  const sharing = createReadSharing<UpstreamReply>();
  return async (call) => {
    const lane = laneOf(call);
    const ready = {
      call,
      lane,
      path: pathOf(call),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
    };
    breakers.assertClosed(breakerFor(lane, call));
    const owner = call.user?.userId;
    const enter = () => {
      const asked = allow(call);
      return asked === undefined ? bulkheads.enter(lane, owner) : asked.then(() => bulkheads.enter(lane, owner));
    };
    const leave = () => bulkheads.leave(lane, owner);
    const sendAndLeave = () => send(ready).finally(leave);
    if (call.idempotent) {
      return sharing.read({ key: keyOf(ready), owner, signal: call.signal, enter, send: sendAndLeave, leave });
    }
    return sharing.write(async () => {
      await enter();
      return sendAndLeave();
    });
  };
}

/** Makes calls, each through the connections of its lane. */
function createSender(options: UpstreamOptions, places: Readonly<Record<Lane, number>>, breakers: Breakers) {
  const { observe = () => {}, clock = Date.now } = options;
  const basePath = options.baseUrl.pathname.replace(/\/+$/, '');
  const retries = createRetryBudget();
  const pools = {
    auth: openPool(options, places.auth),
    auth_start: openPool(options, places.auth_start),
    probe: openPool(options, places.probe),
    read: openPool(options, places.read),
    start: openPool(options, places.start),
  } satisfies Record<Lane, Pool>;

  const totalBytes = options.limits?.upstreamBytesInFlight ?? defaultLimits.upstreamBytesInFlight;
  const budget = createByteBudget({ totalBytes, bytesPerHolder: totalBytes / 4 });

  function exchange({ call, lane, path, body }: ReadyCall): Promise<RawReply> {
    retries.call();
    // What is made of an answer lives as long as the exchange that asked for it.
    const lease = budget.lease(call.user?.userId ?? '');
    const reply = collect(pools[lane], {
      lease,
      method: call.method,
      path: `${basePath}${path}`,
      headers: headersOf(call),
      body,
      encoding: call.answer === undefined || call.answer === 'text' ? 'utf8' : 'base64',
      timeoutMs: call.timeoutMs ?? options.timeoutMs,
      maxBytes: call.maxResponseBytes ?? options.maxResponseBytes,
      mayRetry: call.idempotent ? retries.take : never,
      // A read that others share does not end with one of them.
      signal: call.idempotent ? undefined : call.signal,
    });
    return reply.then(
      (raw) => {
        whenExchangeEnds(lease.release);
        return raw;
      },
      (error: unknown) => {
        lease.release();
        throw error;
      },
    );
  }

  async function send(ready: ReadyCall): Promise<UpstreamReply> {
    const { call, lane } = ready;
    const started = clock();
    const seen = (status: number | 'timeout' | 'error') =>
      observe({ type: 'upstream_call', route: call.route, method: call.method, status, ms: clock() - started });
    try {
      const raw = await breakers.run(breakerFor(lane, call), () => exchange(ready));
      seen(raw.status);
      return decode(raw, call);
    } catch (error) {
      const { code } = error instanceof GatewayError ? error : { code: undefined };
      if (!(error instanceof BreakerOpenError)) seen(code === 'ERR_UPSTREAM_TIMEOUT' ? 'timeout' : 'error');
      throw error;
    }
  }

  return {
    send: async (ready: ReadyCall) => assertRoom(await send(ready), ready.lane, observe),
    close: async () => void (await Promise.all(Object.values(pools).map((pool) => pool.close()))),
  };
}

/** @throws ERR_OVERLOADED when NoETL had no room for a start; it started nothing then */
function assertRoom(reply: UpstreamReply, lane: Lane, observe: Observe): UpstreamReply {
  if ((lane !== 'start' && lane !== 'auth_start') || !isBusyAnswer(reply)) return reply;
  observe({ type: 'upstream_shed', class: classOf(lane), reason: 'busy' });
  throw new GatewayError('ERR_OVERLOADED', 'NoETL is busy and started nothing; try again later', {
    retryAfterSecs: busySecs,
  });
}

function openPool({ baseUrl, timeoutMs }: UpstreamOptions, connections: number): Pool {
  return new Pool(baseUrl.origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: idleSocketMs,
    keepAliveMaxTimeout: idleSocketMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  });
}

const never = (): boolean => false;
const always = (): undefined => undefined;

/** Auth playbooks are started beside the reads that watch them, so that many watched runs do not hold up a login. */
function laneOf({ class: given = 'read', idempotent }: UpstreamCall): Lane {
  return given === 'auth' && !idempotent ? 'auth_start' : given;
}

const classOf = (lane: Lane): CallClass => (lane === 'auth_start' ? 'auth' : lane);
const sumOf = (one: LaneLoad, other: LaneLoad): LaneLoad => ({
  running: one.running + other.running,
  waiting: one.waiting + other.waiting,
});

const breakerFor = (lane: Lane, { method, route }: UpstreamCall): string => `${lane} ${method} ${route}`;

function breakerName(name: string): { readonly class: CallClass; readonly route: string } {
  const [lane = 'read', , route = 'other'] = name.split(' ');
  return { class: classOf(lane as Lane), route };
}

function pathOf(call: UpstreamCall): string {
  if (!safePath.test(call.path))
    throw new GatewayError('ERR_INTERNAL', 'the gateway built an address that it does not send');
  if (call.query === undefined || call.query.length === 0) return call.path;
  const query = call.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${call.path}?${query.join('&')}`;
}

function headersOf(call: UpstreamCall): Record<string, string> {
  const headers: Record<string, string> = {
    ...call.headers,
    accept: call.answer === undefined ? 'application/json' : '*/*',
  };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.requestId !== undefined && safeRequestId.test(call.requestId)) headers['x-request-id'] = call.requestId;
  return headers;
}

/** Two reads with the same key may share an answer: same class, address, headers, body and bounds. No address holds a blank. */
function keyOf({ call, lane, path, body = '' }: ReadyCall): string {
  const { method, timeoutMs = 0, maxResponseBytes = 0, answer = '', headers } = call;
  const more = headers === undefined ? '' : JSON.stringify(headers);
  return `${lane} ${method} ${path} ${timeoutMs} ${maxResponseBytes} ${answer} ${more} ${body}`;
}

function decode(reply: RawReply, { answer }: UpstreamCall): UpstreamReply {
  const date = new Date(reply.date ?? '');
  const isForeign = answer !== undefined && reply.status >= 200 && reply.status < 300;
  return {
    status: reply.status,
    body: isForeign ? foreignBody(reply, answer) : bodyOf(reply.text),
    date: Number.isNaN(date.getTime()) ? undefined : date,
  };
}

/** A media type as it may stand in a link: without parameters, and none that a browser would run as a page. */
const safeMediaType =
  /^(?:image\/(?:png|jpeg|gif|webp|bmp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/(?:pdf|zip|gzip)|text\/(?:plain|csv))$/;

function foreignBody({ text, mediaType = '' }: RawReply, answer: NonNullable<UpstreamCall['answer']>): string {
  if (answer !== 'link') return text;
  const type = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  return `data:${safeMediaType.test(type) ? type : 'application/octet-stream'};base64,${text}`;
}

function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
