import { Pool } from 'undici';
import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { parseJson } from '../../core/json/lossless-json.ts';
import type { Observe } from '../../core/observe.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../../core/ports.ts';
import { createReadSharing } from './read-sharing.ts';
import { collect, type RawReply } from './reply-collector.ts';

export interface UpstreamOptions {
  /** Where NoETL answers; a path in it is kept in front of every call's own. */
  readonly baseUrl: URL;
  /** Deadline of a call over connecting, headers and body, unless the call says otherwise. */
  readonly timeoutMs: number;
  /** An answer larger than this is an error, unless the call says otherwise. */
  readonly maxResponseBytes: number;
  readonly observe?: Observe;
  readonly clock?: Clock;
  /** Sockets to NoETL at a time; calls above wait, within their deadline. Default 256. */
  readonly connections?: number;
}

/** NoETL closes idle sockets after 5 s; ours are gone before. */
const idleSocketMs = 4_000;
const safeRequestId = /^[\w.-]{1,128}$/;
const safePath = /^\/[^?#\s\\]*$/;

/**
 * The one client of NoETL. Follows no redirect, sends no header of a caller, and sends a call a second time only when it
 * is idempotent and its socket broke before an answer began. Identical reads in flight share one call.
 */
export function createUpstream(options: UpstreamOptions): Upstream & { close(): Promise<void> } {
  const { observe = () => {}, clock = Date.now } = options;
  const pool = new Pool(options.baseUrl.origin, {
    connections: options.connections ?? 256,
    pipelining: 1,
    keepAliveTimeout: idleSocketMs,
    keepAliveMaxTimeout: idleSocketMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.timeoutMs },
  });
  const basePath = options.baseUrl.pathname.replace(/\/+$/, '');
  const sharing = createReadSharing<UpstreamReply>();

  async function send(call: UpstreamCall, path: string, body: string | undefined): Promise<UpstreamReply> {
    const started = clock();
    const seen = (status: number | 'timeout' | 'error') =>
      observe({ type: 'upstream_call', route: call.route, method: call.method, status, ms: clock() - started });
    try {
      const reply = await collect(pool, {
        method: call.method,
        path: `${basePath}${path}`,
        headers: headersOf(call),
        body,
        timeoutMs: call.timeoutMs ?? options.timeoutMs,
        maxBytes: call.maxResponseBytes ?? options.maxResponseBytes,
        retryBrokenSocket: call.idempotent,
        // A read that others share does not end with one of them.
        signal: call.idempotent ? undefined : call.signal,
      });
      seen(reply.status);
      return decode(reply);
    } catch (error) {
      seen(error instanceof GatewayError && error.code === 'ERR_UPSTREAM_TIMEOUT' ? 'timeout' : 'error');
      throw error;
    }
  }

  return {
    async request(call) {
      const path = pathOf(call);
      const body = call.body === undefined ? undefined : JSON.stringify(call.body);
      return call.idempotent
        ? sharing.read(keyOf(call, path, body), call.signal, () => send(call, path, body))
        : sharing.write(() => send(call, path, body));
    },
    close: () => pool.close(),
  };
}

function pathOf(call: UpstreamCall): string {
  if (!safePath.test(call.path))
    throw new GatewayError('ERR_INTERNAL', 'the gateway built an address that it does not send');
  if (call.query === undefined || call.query.length === 0) return call.path;
  const query = call.query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return `${call.path}?${query.join('&')}`;
}

function headersOf(call: UpstreamCall): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (call.body !== undefined) headers['content-type'] = 'application/json';
  if (call.requestId !== undefined && safeRequestId.test(call.requestId)) headers['x-request-id'] = call.requestId;
  return headers;
}

/** Two reads with the same key may share an answer: same address, same body, same bounds. No address holds a blank. */
function keyOf({ method, timeoutMs = 0, maxResponseBytes = 0 }: UpstreamCall, path: string, body = ''): string {
  return `${method} ${path} ${timeoutMs} ${maxResponseBytes} ${body}`;
}

function decode(reply: RawReply): UpstreamReply {
  const date = new Date(reply.date ?? '');
  return { status: reply.status, body: bodyOf(reply.text), date: Number.isNaN(date.getTime()) ? undefined : date };
}

function bodyOf(text: string): unknown {
  if (text === '') return undefined;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
}
