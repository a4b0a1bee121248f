import { getHeapStatistics } from 'node:v8';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { Parts } from '../compose.ts';
import { isMemoryStore } from '../config/addresses.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import type { CallbackRequests } from '../executions/execution-commands.ts';
import type { Executions } from '../executions/executions.ts';
import type { Answer } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { whenExchangeEnds } from '../http/exchange-scope.ts';
import { createOneTimeCodes, type OneTimeCodes } from '../identity/one-time-codes.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import { createCallbackRoute } from './callbacks.ts';
import { createNotifications } from './event-stream.ts';
import { createEventsRoute, createStreamLimits, eventsOff, type StreamLimits } from './events-route.ts';
import {
  type ClientIds,
  createClientIds,
  createLiveRequests,
  type LiveRequest,
  type LiveRequests,
} from './live-requests.ts';
import { createResultWatch, type ResultWatch } from './result-watch.ts';
import { type RetryOptions, retryWithBackoff } from './retry.ts';

/** Results that are delivered to clients, as the listeners need them. */
export interface Live {
  /** For `executePlaybook(clientId:)`. */
  readonly starts: CallbackRequests;
  readonly tickets: OneTimeCodes;
  readonly streams: StreamLimits;
  /** `GET /events`. */
  events(checkCookieOrigin: (exchange: Exchange) => void): (exchange: Exchange) => Promise<Answer>;
  /** Callbacks of playbooks that users started. */
  callback(exchange: Exchange): Promise<Answer>;
  /** From now on ends are found without callbacks, too. */
  follow(executions: Pick<Executions, 'watcher' | 'outcome'>): void;
  stop(): void;
}

export interface LiveOptions {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly version: string;
}

/** Opens what delivers results. `parts` stay open when it stops. Until `follow` is called only callbacks end a request. */
export function openLive({ config, clock, version }: LiveOptions, parts: Parts, telemetry: Telemetry): Live {
  const { observe, log } = telemetry;
  const { events } = config;
  const { sessions, checker, limits, liveStore: store } = parts;
  const onFailed = atMostEvery(10_000, clock, (error) =>
    log.warn({ err: error }, 'results could not be handed on yet; they are tried again'),
  );
  // In memory, results share the heap with everything else; another store has a server, and a bound for each user.
  const totalBytes = isMemoryStore(config.sessions.store) ? getHeapStatistics().heap_size_limit / 8 : undefined;
  const requests = createLiveRequests(store, { ...events, totalBytes }, clock);
  const newPerUser = 2 * events.streamsPerUser;
  const clients = createClientIds({ store, keepMs: events.keepMs, newPerUser, clock });
  const notifications = createNotifications();
  store.onNotice((notice) => notifications.notify('name' in notice ? notice.name : undefined));
  // An ended session ends its streams at once.
  parts.store.onEnded(() => notifications.notify(undefined));
  const tickets = createOneTimeCodes(parts.store, 'stream ticket', events.ticketMs, clock);
  const streams = createStreamLimits(events);
  const counts = createRequestCounts(events);
  let results: ResultWatch | undefined;
  const watch = (request: LiveRequest): void => results?.begin(request);
  const onFinished = (request: LiveRequest): void => {
    results?.end(request);
    counts.finish(request.requestId);
  };
  const onUseless = (request: LiveRequest): void => results?.hurry(request);
  return {
    tickets,
    streams,
    starts: createStarts({
      requests,
      clients,
      counts,
      watch,
      callbackUrl: callbackUrlOf(config),
      ...events,
      clock,
      onFailed,
    }),
    events(checkCookieOrigin) {
      if (!events.enabled) return eventsOff;
      const stream = { ...events, store, requests, notifications, clock, version, watch };
      const authenticate = createAuthenticator({ sessions, observe });
      const shared = { sessions, checker, limits, authenticate, checkCookieOrigin, observe };
      return createEventsRoute({ ...shared, config: events, streams, tickets, clients, stream });
    },
    callback: createCallbackRoute({ requests, observe, clock, maxBytes: events.callbackBytes, onUseless, onFinished }),
    follow(executions) {
      results = createResultWatch({ requests, executions, clock, keepMs: events.keepMs, onFailed, onFinished });
    },
    stop: () => results?.stop(),
  };
}

/** Callbacks go to the internal listener, unless the config opens the public one for them (ADR 0009). */
function callbackUrlOf({ events, listen }: ResolvedConfig): string {
  const url = (events.callbacks === 'public' ? listen.publicUrl : undefined) ?? listen.internalUrl;
  return `${url.replace(/\/+$/, '')}/cb`;
}

/** Reports one error in that time: an outage concerns many results at once. */
function atMostEvery(ms: number, clock: Clock, report: (error: unknown) => void): (error: unknown) => void {
  let silentUntil = 0;
  return (error) => {
    if (clock() < silentUntil) return;
    silentUntil = clock() + ms;
    report(error);
  };
}

interface StartsOptions {
  readonly requests: LiveRequests;
  readonly clients: ClientIds;
  readonly counts: ReturnType<typeof createRequestCounts>;
  readonly watch: (request: LiveRequest) => void;
  readonly callbackUrl: string;
  readonly keepMs: number;
  readonly clock: Clock;
  readonly onFailed: (error: unknown) => void;
}

function createStarts({ requests, clients, counts, watch, callbackUrl, ...retried }: StartsOptions): CallbackRequests {
  return {
    async open({ clientId: given, user, path }) {
      // Before a client id is taken or anything is kept: a start that is refused leaves no trace.
      counts.assertBelow(user.userId);
      const client = await clients.take(given, user.userId);
      const { secret, request } = await requests.register(client, path);
      const { requestId } = request;
      counts.add(requestId, user.userId);
      return {
        requestId,
        clientId: client.clientId,
        workload: { request_id: requestId, gateway_url: `${callbackUrl}/${secret}` },
        // Watched from now on, so that the end is found when no callback comes.
        started(executionId) {
          const known = { ...request, executionId };
          watch(known);
          return keepStarted(known, requests, { forMs: retried.keepMs, ...retried });
        },
        async refused() {
          counts.remove(requestId);
          await requests.forget(request).catch(retried.onFailed);
        },
      };
    },
  };
}

/** Without an answer of the store the request is known here, and written when it is back. */
async function keepStarted(
  request: LiveRequest,
  requests: LiveRequests,
  options: RetryOptions & { readonly onFailed: (error: unknown) => void },
): Promise<void> {
  let known = request;
  const keepLater = () => void retryWithBackoff(() => requests.keep(known), options).catch(options.onFailed);
  await requests.keep(known).catch(keepLater);
  // The result waits for the answer to the start; the answer is out when the exchange ends.
  whenExchangeEnds(() => {
    known = { ...known, answeredAt: options.clock() };
    keepLater();
  });
}

/** Both limits of a user's requests: those without a result, and all that something is stored for. */
function createRequestCounts({ pendingPerUser, keepMs }: ResolvedConfig['events']) {
  const waitText = 'too many of your requests wait for their result; try again';
  const pending = createRequestCount(pendingPerUser, keepMs, waitText);
  // What is stored for a request stays after its result, for late callbacks and for clients that come back.
  const storedText = 'too many of your results are kept for your clients; try again later, or leave clientId out';
  const stored = createRequestCount(storedPerPending * pendingPerUser, keepMs, storedText);
  return {
    /** @throws ERR_RATE_LIMITED */
    assertBelow(userId: string): void {
      pending.assertBelow(userId);
      stored.assertBelow(userId);
    },
    add(requestId: string, userId: string): void {
      pending.add(requestId, userId);
      stored.add(requestId, userId);
    },
    /** The result is in the queue. */
    finish: pending.remove,
    remove(requestId: string): void {
      pending.remove(requestId);
      stored.remove(requestId);
    },
  };
}

const maxCounted = 200_000;
/** Requests of a user whose records are stored, for each one that may be without a result. */
const storedPerPending = 10;

/**
 * Bounds how many requests of each user there are. The count is of this process; a request leaves it after `keepMs` at the latest.
 */
function createRequestCount(most: number, keepMs: number, message: string) {
  const counts = new Map<string, number>();
  const users = new LRUCache<string, string>({
    // Of `max`, all the memory is taken at once.
    maxSize: maxCounted,
    sizeCalculation: () => 1,
    ttl: keepMs,
    dispose(userId) {
      const left = (counts.get(userId) ?? 1) - 1;
      if (left > 0) counts.set(userId, left);
      else counts.delete(userId);
    },
  });
  return {
    assertBelow(userId: string): void {
      // Entries that are over leave the cache when they are touched; here a user would be refused for them.
      if ((counts.get(userId) ?? 0) >= most) users.purgeStale();
      if ((counts.get(userId) ?? 0) < most) return;
      throw new GatewayError('ERR_RATE_LIMITED', message, { retryAfterSecs: 5 });
    },
    add(requestId: string, userId: string): void {
      counts.set(userId, (counts.get(userId) ?? 0) + 1);
      users.set(requestId, userId);
    },
    remove: (requestId: string) => void users.delete(requestId),
  };
}
