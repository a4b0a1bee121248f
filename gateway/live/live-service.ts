import { LRUCache } from 'lru-cache';
import type { Clock } from '../../plugins/clock.ts';
import { GatewayError } from '../../plugins/errors.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { whenExchangeEnds } from '../exchange-scope.ts';
import type { CallbackRequests } from '../executions/execution-commands.ts';
import type { Executions } from '../executions/executions.ts';
import { type ClientIds, createClientIds } from './client-ids.ts';
import { createLiveCallbacks, type LiveCallbacks } from './live-callbacks.ts';
import { createLiveRequests, type LiveRequest, type LiveRequests } from './live-requests.ts';
import type { LiveStore } from './live-store.ts';
import { type Patience, patiently } from './patiently.ts';
import { createResultWatch, type ResultWatch } from './result-watch.ts';
import { createWakes, type Wakes } from './wakes.ts';

export interface LiveServiceOptions {
  readonly config: Pick<ResolvedConfig, 'events' | 'listen'>;
  readonly store: LiveStore;
  readonly clock: Clock;
  readonly observe: Observe;
  /** See `createLiveRequests`. */
  readonly totalBytes: number | undefined;
  /** Receives what went wrong and is tried again. */
  readonly onFailed: (error: unknown) => void;
}

/** The service that delivers results to clients. */
export interface LiveService {
  readonly requests: LiveRequests;
  readonly clients: ClientIds;
  readonly wakes: Wakes;
  /** For `executePlaybook(clientId:)`. */
  readonly starts: CallbackRequests;
  readonly callbacks: LiveCallbacks;
  /** Follows the execution of a request that has no result. */
  watch(request: LiveRequest): void;
  /** From now on ends are found without callbacks, too. */
  follow(executions: Pick<Executions, 'watcher' | 'outcome'>): void;
  stop(): void;
}

/** Puts together what results need. Until `follow` is called only callbacks end a request. */
export function createLiveService(options: LiveServiceOptions): LiveService {
  const { store, clock, observe, onFailed } = options;
  const { events, listen } = options.config;
  const requests = createLiveRequests(store, { ...events, totalBytes: options.totalBytes }, clock);
  const newPerUser = 2 * events.streamsPerUser;
  const clients = createClientIds({ store, keepMs: events.keepMs, newPerUser, clock });
  const wakes = createWakes();
  store.onWake(wakes.wake);
  const counts = createRequestCounts(events);
  // Callbacks go to the internal listener, unless the config opens the public one for them (ADR 0009).
  const base = (events.callbacks === 'public' ? listen.publicUrl : undefined) ?? listen.internalUrl;
  let watch: ResultWatch | undefined;

  const finished = (request: LiveRequest): void => {
    watch?.end(request);
    counts.finish(request.requestId);
  };

  return {
    requests,
    clients,
    wakes,
    starts: {
      async open({ clientId: given, user, path }) {
        // Before a client id is taken or anything is kept: a start that is refused leaves no trace.
        counts.assertPlace(user.userId);
        const client = await clients.take(given, user.userId);
        const { clientId } = client;
        const { secret, request } = await requests.register(client, path);
        const { requestId } = request;
        counts.add(requestId, user.userId);
        return {
          requestId,
          clientId,
          workload: { request_id: requestId, gateway_url: `${base.replace(/\/+$/, '')}/cb/${secret}` },
          // Watched from now on, so that the end is found when no callback comes.
          started(executionId) {
            const known = { ...request, executionId };
            watch?.begin(known);
            return noteStarted(known, requests, { forMs: events.keepMs, clock, onFailed });
          },
          async refused() {
            counts.remove(requestId);
            await requests.forget(request).catch(onFailed);
          },
        };
      },
    },
    callbacks: createLiveCallbacks({
      requests,
      observe,
      onUseless: (request) => watch?.hurry(request),
      onFinished: finished,
    }),
    watch: (request) => watch?.begin(request),
    follow(executions) {
      const { keepMs } = events;
      watch = createResultWatch({ requests, executions, clock, keepMs, onFailed, onFinished: finished });
    },
    stop: () => watch?.stop(),
  };
}

/** Without an answer of the store the request is known here, and noted there when it is back. */
async function noteStarted(request: LiveRequest, requests: LiveRequests, patience: Patience): Promise<void> {
  const { clock, onFailed } = patience;
  let known = request;
  const noteLater = () => void patiently(() => requests.keep(known), patience).catch(onFailed);
  await requests.keep(known).catch(noteLater);
  // The result waits for the answer to the start; the answer is out when the exchange ends.
  whenExchangeEnds(() => {
    known = { ...known, answeredAt: clock() };
    noteLater();
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
    assertPlace(userId: string): void {
      pending.assertBelow(userId);
      stored.assertBelow(userId);
    },
    add(requestId: string, userId: string): void {
      pending.add(requestId, userId);
      stored.add(requestId, userId);
    },
    /** The result is there. */
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
