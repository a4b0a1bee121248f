import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { GatewayError } from '../../plugins/errors.ts';
import { type ByteLease, createByteBudget } from '../limits/byte-budget.ts';
import { type Answer, errorAnswer } from './answer.ts';
import { type Connection, limitConnections } from './connections.ts';
import { type Exchange, refuseRepeatedHeaders, splitTarget } from './exchange.ts';
import { ExchangeScope, parseTraceContext } from './exchange-scope.ts';
import { bytesOf, noRoom, type Output, writeAnswer } from './write-answer.ts';

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
const defaultListenerLimits: ListenerLimits = {
  connections: 10_000,
  connectionsPerAddress: 1_000,
  isBehindProxy: false,
  requestBytes: 16 * 1024 * 1024,
  responseBytes: 64 * 1024 * 1024,
  unreadMs: 20_000,
  keepAliveMs: 65_000,
};

/** The budgets of the limits, and their use. */
function createRoom(limits: ListenerLimits) {
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

export interface HttpListenerOptions {
  readonly handle: (exchange: Exchange) => Promise<Answer>;
  readonly clientIp: (request: IncomingMessage) => string;
  /** Headers for every reply, errors included. */
  readonly headersFor: (request: IncomingMessage) => Record<string, string>;
  readonly onError: (error: unknown, exchange: Exchange) => void;
  readonly onDone: OnDone;
  readonly limits?: Partial<ListenerLimits>;
}

/** @param answer undefined: the caller has left before it */
export type OnDone = (exchange: Exchange, status: number, ms: number, answer?: Answer) => void;

/** A listening socket that can stop politely. */
export interface HttpListener {
  /** @returns the port it got. Rejects with the system's error when the port is taken. */
  listen(port: number, host: string): Promise<number>;
  /** Refuses new work at once, waits for what is in flight. @returns false when the time ran out first. */
  drain(timeoutMs: number): Promise<boolean>;
  /** How many are open now. */
  connections(): number;
  /** Requests in work now. */
  inFlight(): number;
}

/** No caller holds a connection by being slow. Node looks for half-open requests every 30 s by default. */
const timeouts = {
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 5_000,
};

/** An HTTP server whose every request gets exactly one answer, with a request id and the common headers. */
export function createHttpListener(options: HttpListenerOptions): HttpListener {
  let inFlight = 0;
  let onIdle = () => {};
  const stopping = new AbortController();
  const limits = { ...defaultListenerLimits, ...options.limits };
  const { bodies, clients } = createRoom(limits);

  const serve = async (request: IncomingMessage, response: ServerResponse, connection: Connection): Promise<void> => {
    const clientIp = options.clientIp(request);
    const bodyLease = bodies.lease(clientIp);
    const exchange = exchangeOf(request, clientIp, bodyLease);
    const report = once(exchange, response, connection, options.onDone);
    inFlight += 1;
    try {
      let answer = await answerTo(exchange, options, clients, stopping.signal);
      const output = outputOf(connection, clientIp);
      const hasRoom = output.room(bytesOf(answer, exchange.method));
      if (hasRoom !== true && !(await hasRoom)) answer = noRoom();
      if (response.destroyed) return;
      const extra = headersOf(exchange, options.headersFor(request), stopping.signal.aborted || !request.complete);
      const done = writeAnswer(response, exchange.method, answer, extra, output);
      report(answer.status, answer);
      if (done !== undefined) await done;
    } finally {
      bodyLease.release();
      clients.leave(clientIp);
      // Not before the work is done, whether or not a caller still waits for it: a logout must not meet a store that is closed.
      inFlight -= 1;
      if (inFlight === 0) onIdle();
    }
  };

  const server = createServer({ ...timeouts, keepAliveTimeout: limits.keepAliveMs });
  const connections = limitConnections(server, limits);
  const outputOf = (connection: Connection, clientIp: string): Output => ({
    room: (bytes) => connection.take(clientIp, bytes) || connections.makeRoom(connection, clientIp, bytes),
    whileWriting: (bytes, write) => connection.whileWriting(bytes, write),
    whenRead: () => connection.whenRead(0),
    stopping: stopping.signal,
  });
  server.on('request', (request, response) => {
    const connection = connections.of(request.socket);
    connection?.inTurn(() => void serve(request, response, connection).catch(() => response.destroy()));
  });

  return {
    listen: (port, host) => listen(server, { port, host }),
    connections: connections.count,
    inFlight: () => inFlight,
    async drain(timeoutMs) {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const idle = inFlight === 0 ? Promise.resolve() : new Promise<void>((resolve) => (onIdle = resolve));
      const finished = await within(idle, timeoutMs);
      server.closeIdleConnections();
      await within(closed, finished ? 250 : 0);
      server.closeAllConnections();
      connections.stop();
      return finished;
    },
  };
}

/** What is given back at the end of an exchange is given back here. Rejects only when `onError` throws. */
function answerTo(
  exchange: Exchange,
  options: HttpListenerOptions,
  clients: ReturnType<typeof createRoom>['clients'],
  stopping: AbortSignal,
): Promise<Answer> {
  const scope = new ExchangeScope(exchange);
  const failed = (error: unknown): Answer => {
    try {
      options.onError(error, exchange);
    } finally {
      scope.end();
    }
    return errorAnswer(error);
  };
  const answered = (answer: Answer): Answer => {
    scope.end();
    return answer;
  };
  try {
    clients.enter(exchange.clientIp);
    if (stopping.aborted) return Promise.resolve(answered(isStopping()));
    refuseRepeatedHeaders(exchange.request);
    return scope.run(options.handle, exchange).then(answered, failed);
  } catch (error) {
    return Promise.resolve(failed(error));
  }
}

/** Of every answer. A caller finds its own id in it. */
function headersOf(exchange: Exchange, common: Record<string, string>, isLast: boolean): Record<string, string> {
  const headers: Record<string, string> = { 'x-request-id': exchange.callerRequestId ?? exchange.requestId, ...common };
  if (isLast) headers['connection'] = 'close';
  return headers;
}

const isStopping = (): Answer => errorAnswer(new GatewayError('ERR_OVERLOADED', 'this replica is stopping; try again'));

function exchangeOf(request: IncomingMessage, clientIp: string, bodyLease: ByteLease): Exchange {
  const { 'x-request-id': sent, traceparent, tracestate } = request.headers;
  const { path, search } = splitTarget(request.url);
  const { method = 'GET' } = request;
  const exchange: Exchange = { request, method, path, search, requestId: randomUUID(), clientIp, bodyLease };
  const callerRequestId = callerRequestIdFrom(sent);
  const trace = traceparent === undefined ? undefined : parseTraceContext(traceparent, tracestate);
  if (trace !== undefined) exchange.trace = trace;
  return callerRequestId === undefined ? exchange : { ...exchange, callerRequestId };
}

/** Reports once how an exchange ended: by its answer, or because the caller has left. */
function once(
  exchange: Exchange,
  response: ServerResponse,
  connection: Connection,
  onDone: HttpListenerOptions['onDone'],
) {
  const startedAt = performance.now();
  let isReported = false;
  const report = (status: number, answer?: Answer): void => {
    if (isReported) return;
    isReported = true;
    onDone(exchange, status, performance.now() - startedAt, answer);
  };
  // It comes once, and `once` would cost more than the rest of this function.
  response.on('close', () => {
    report(callerGone);
    connection.answered();
  });
  return report;
}

/** Counted and never sent: a caller that leaves before the answer is not an error of the gateway. */
const callerGone = 499;

function listen(server: Server, where: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function within(done: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  const first = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return first;
}

const likeToken = /eyJ|session/i;

/** The request id that a caller sent; undefined unless it is short and plain, and no token. It goes to logs and back to the caller. */
function callerRequestIdFrom(header: string | readonly string[] | undefined): string | undefined {
  if (typeof header !== 'string' || !/^[A-Za-z0-9._-]{1,128}$/.test(header)) return undefined;
  return likeToken.test(header) ? undefined : header;
}
