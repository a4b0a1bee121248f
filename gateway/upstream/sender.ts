import { Pool } from 'undici';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError, problemCode } from '../../plugins/errors.ts';
import { parseJson } from '../../plugins/json/lossless-json.ts';
import { isBusyAnswer } from '../../plugins/noetl/upstream-answer.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import { currentTrace, traceHeaders, whenExchangeEnds } from '../http/exchange-scope.ts';
import { type ByteBudget, type ByteLease, createByteBudget } from '../limits/byte-budget.ts';
import { type Breaker, BreakerOpenError } from './breakers.ts';
import { type BulkheadName, classOf } from './bulkheads.ts';
import { collect, countedFromBytes, noRoom, OutageError, type RawReply } from './collector.ts';
import type { UpstreamOptions } from './upstream.ts';

/** Second attempts are at most this share of calls, so that an outage is not answered with twice the calls. */
const share = 0.1;
const most = 10;

/** How many second attempts are left. */
interface RetryBudget {
  /** Counts a first attempt. */
  call(): void;
  /** @returns whether a second attempt may be made */
  take(): boolean;
}

/** Ten in store; each call gives a tenth of one back. */
function createRetryBudget(): RetryBudget {
  let left = most;
  return {
    call() {
      left = Math.min(most, left + share);
    },
    take() {
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}

/**
 * What came, in the form that the call asks for. A form counts for good answers only: errors are NoETL's JSON, or text.
 */
function decode(reply: RawReply, { answer }: UpstreamCall): UpstreamReply {
  const isForeign = answer !== undefined && reply.status >= 200 && reply.status < 300;
  return {
    status: reply.status,
    body: isForeign ? foreignBody(reply, answer) : bodyOf(reply.text),
    date: dateOf(reply.date),
    ...(reply.hasMore !== undefined && { hasMore: reply.hasMore.toLowerCase() === 'true' }),
  };
}

let lastDate: { readonly text: string; readonly date: Date | undefined } = { text: '', date: undefined };

/** Of many answers a second it is the same text. */
function dateOf(text = ''): Date | undefined {
  if (text !== lastDate.text) {
    const date = new Date(text);
    lastDate = { text, date: Number.isNaN(date.getTime()) ? undefined : date };
  }
  return lastDate.date;
}

/** Media types that are allowed in a link: without parameters, and never one that a browser would run as a page. */
const safeMediaType =
  /^(?:image\/(?:png|jpeg|gif|webp|bmp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/(?:pdf|zip|gzip)|text\/(?:plain|csv))$/;

function foreignBody({ text, mediaType = '' }: RawReply, answer: NonNullable<UpstreamCall['answer']>): string {
  if (answer !== 'link') return text;
  const type = (mediaType.split(';')[0] ?? '').trim().toLowerCase();
  return `data:${safeMediaType.test(type) ? type : 'application/octet-stream'};base64,${text}`;
}

/** JSON without losing digits; the text where it is not JSON; undefined where it is empty. */
function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}

const busySecs = 2;
/** NoETL closes idle sockets after 5 s; ours are gone before. */
const idleSocketMs = 4_000;
const safeRequestId = /^[\w.-]{1,128}$/;

/** A call with its address and body in their final form. */
export interface ReadyCall {
  readonly call: UpstreamCall;
  readonly bulkhead: BulkheadName;
  readonly breaker: Breaker;
  readonly path: string;
  readonly body: string | undefined;
  /** Whether this call made the exchange itself; false for one that joined another. */
  isSent: boolean;
}

/** Makes calls, each through the connections of its bulkhead. */
export function createSender(
  options: UpstreamOptions,
  places: Readonly<Record<BulkheadName, number>>,
  totalBytes: number,
) {
  const { observe = () => {}, clock = Date.now } = options;
  const report = createReport(observe, clock);
  const basePath = options.baseUrl.pathname.replace(/\/+$/, '');
  const retries = createRetryBudget();
  const pools = openPools(options, places);

  const budget = createByteBudget({ totalBytes, bytesPerHolder: totalBytes / 4 });
  const shares = createShares(budget);

  /** One exchange with NoETL, without the breaker. @throws what {@link collect} throws */
  function exchange({ call, bulkhead, path, body }: ReadyCall, lease: ByteLease): Promise<RawReply> {
    retries.call();
    return collect(pools[bulkhead], {
      lease,
      method: call.method,
      path: `${basePath}${path}`,
      headers: headersOf(call, options.token),
      body,
      encoding: call.answer === undefined || call.answer === 'text' ? 'utf8' : 'base64',
      timeoutMs: call.timeoutMs ?? options.timeoutMs,
      maxBytes: call.maxResponseBytes ?? options.maxResponseBytes,
      mayRetry: call.idempotent ? retries.take : never,
      // A read that others share does not end with one of them.
      signal: call.idempotent ? undefined : call.signal,
    });
  }

  /** @param leave called when it has ended, whatever its outcome, and never at once */
  async function send(ready: ReadyCall, leave: () => void): Promise<UpstreamReply> {
    const { call, bulkhead, breaker } = ready;
    const startedMs = clock();
    const lease = budget.lease(call.user?.userId ?? '');
    let reply: UpstreamReply;
    try {
      const raw = await breaker.run(() => exchange(ready, lease));
      // What is made of an answer lives as long as the exchange that asked for it.
      if (lease.bytes > 0) whenExchangeEnds(() => lease.release());
      report(ready, startedMs, raw.status);
      reply = decode(raw, call);
      shares.note(reply, raw);
    } catch (error) {
      lease.release();
      if (!(error instanceof BreakerOpenError)) report(ready, startedMs, statusOf(error), error);
      throw error;
    } finally {
      leave();
    }
    return assertRoom(reply, bulkhead, observe);
  }

  return {
    send,
    share: shares.take,
    close: async () => void (await Promise.all(Object.values(pools).map((pool) => pool.close()))),
  };
}

/** Large replies that several exchanges share: what each makes of one takes as much again, and is counted for its user. */
function createShares(budget: ByteBudget) {
  const sizes = new WeakMap<UpstreamReply, number>();
  return {
    note(reply: UpstreamReply, { text }: RawReply): void {
      if (text.length >= countedFromBytes) sizes.set(reply, text.length);
    },
    /** @returns the reply, for a call that did not bring it itself. @throws ERR_OVERLOADED */
    take(reply: UpstreamReply, { user }: UpstreamCall): UpstreamReply {
      const bytes = sizes.get(reply);
      if (bytes === undefined) return reply;
      const lease = budget.lease(user?.userId ?? '');
      if (!lease.grow(bytes)) throw noRoom();
      whenExchangeEnds(() => lease.release());
      return reply;
    },
  };
}

/** @throws ERR_OVERLOADED when NoETL had no room for a start; it started nothing then */
function assertRoom(reply: UpstreamReply, bulkhead: BulkheadName, observe: Observe): UpstreamReply {
  if ((bulkhead !== 'start' && bulkhead !== 'auth_start') || !isBusyAnswer(reply)) return reply;
  observe({ type: 'upstream_shed', class: classOf(bulkhead), reason: 'busy' });
  throw new GatewayError('ERR_OVERLOADED', 'NoETL is busy and started nothing; try again later', {
    retryAfterSecs: busySecs,
  });
}

/** Connections of each bulkhead apart: sockets of one kind are never taken by another (see `CallClass`). */
const openPools = (
  options: UpstreamOptions,
  places: Readonly<Record<BulkheadName, number>>,
): Readonly<Record<BulkheadName, Pool>> => ({
  auth: openPool(options, places.auth),
  auth_start: openPool(options, places.auth_start),
  probe: openPool(options, places.probe),
  read: openPool(options, places.read),
  start: openPool(options, places.start),
});

function openPool({ baseUrl, timeoutMs }: UpstreamOptions, connections: number): Pool {
  return new Pool(baseUrl.origin, {
    connections,
    pipelining: 1,
    keepAliveTimeout: idleSocketMs,
    keepAliveMaxTimeout: idleSocketMs,
    // One deadline for the whole call is in `collect`.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: timeoutMs },
  });
}

/** Reports how a call ended, with the problem where NoETL could not be asked. */
function createReport(observe: Observe, clock: Clock) {
  return ({ call, bulkhead }: ReadyCall, startedMs: number, status: CallStatus, error?: unknown): void => {
    const { route, method } = call;
    const problem = error instanceof OutageError ? { problem: problemOf(error, status) } : undefined;
    const ms = clock() - startedMs;
    observe({ type: 'upstream_call', route, method, status, ms, class: classOf(bulkhead), ...problem });
  };
}

type CallStatus = number | 'timeout' | 'error';

const statusOf = (error: unknown): CallStatus =>
  error instanceof GatewayError && error.code === 'ERR_UPSTREAM_TIMEOUT' ? 'timeout' : 'error';

function problemOf(error: OutageError, status: CallStatus): string {
  const code = problemCode(error);
  return code === 'OTHER' && status === 'timeout' ? 'TIMEOUT' : code;
}

function headersOf(call: UpstreamCall, token: string | undefined): Record<string, string> {
  const trace = currentTrace();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  // Of the caller's request only the trace, and what a row passes on (`call.headers`).
  if (trace !== undefined || call.headers !== undefined) {
    Object.assign(headers, trace && traceHeaders(trace), call.headers);
  }
  headers['accept'] = call.answer === undefined ? 'application/json' : '*/*';
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.requestId !== undefined && safeRequestId.test(call.requestId)) headers['x-request-id'] = call.requestId;
  return headers;
}

const never = (): boolean => false;
