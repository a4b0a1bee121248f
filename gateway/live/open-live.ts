import { getHeapStatistics } from 'node:v8';
import type { Clock } from '../../plugins/clock.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { Parts } from '../compose.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { isMemoryStore } from '../config/store-kinds.ts';
import { type Answer, json } from '../http/answer.ts';
import type { Exchange } from '../http/exchange.ts';
import { notAllowed } from '../http/public-routes.ts';
import { parseBody, readBody } from '../http/read-body.ts';
import { createOneTimeCodes, type OneTimeCodes } from '../identity/one-time-codes.ts';
import type { Telemetry } from '../observe/telemetry.ts';
import { createEventsRoute, eventsOff } from './events-route.ts';
import { createLiveService, type LiveService } from './live-service.ts';
import { patiently } from './patiently.ts';
import { createStreamLimits, type StreamLimits } from './stream-limits.ts';

/** Results that arrive by themselves, as the listeners need them. */
export interface Live {
  readonly service: LiveService;
  readonly tickets: OneTimeCodes;
  readonly streams: StreamLimits;
  /** `GET /events`. */
  events(checkCookieOrigin: (exchange: Exchange) => void): (exchange: Exchange) => Promise<Answer>;
  /** Callbacks of playbooks that users started. */
  callback(exchange: Exchange): Promise<Answer>;
}

export interface LiveGiven {
  readonly config: ResolvedConfig;
  readonly clock: Clock;
  readonly version: string;
}

/** Opens what delivers results, for the listeners of this process. `parts` stay open when it stops. */
export function openLive({ config, clock, version }: LiveGiven, parts: Parts, telemetry: Telemetry): Live {
  const { observe, log } = telemetry;
  const { events } = config;
  const store = parts.liveStore;
  const onFailed = sparingly(clock, (error) =>
    log.warn({ err: error }, 'results could not be handed on yet; they are tried again'),
  );
  // In memory, results share the heap with everything else; another store has a server, and a bound for each user.
  const totalBytes = isMemoryStore(config.sessions.store) ? getHeapStatistics().heap_size_limit / 8 : undefined;
  const service = createLiveService({ config, store, clock, observe, totalBytes, onFailed });
  const tickets = createOneTimeCodes(parts.store, 'stream ticket', events.ticketMs, clock);
  const streams = createStreamLimits(events);
  // An ended session ends its streams at once.
  parts.store.onEnded(() => service.wakes.wake(undefined));
  if (events.callbacks === 'public') {
    log.warn(
      {},
      'playbooks call back on the public port (events.callbacks): each address holds a secret for one request',
    );
  }
  return {
    service,
    tickets,
    streams,
    events(checkCookieOrigin) {
      if (!events.enabled) return eventsOff;
      const { requests, clients, wakes } = service;
      const { heartbeatMs, connectionMs, keepMs } = events;
      const stream = {
        store,
        requests,
        wakes,
        clock,
        version,
        heartbeatMs,
        connectionMs,
        keepMs,
        watch: service.watch,
      };
      const { sessions, checker, limits } = parts;
      const authenticate = createAuthenticator({ sessions, observe });
      const shared = { sessions, checker, limits, authenticate, checkCookieOrigin, observe };
      return createEventsRoute({ ...shared, config: events, streams, tickets, clients, stream });
    },
    callback: (exchange) => answerCallback(exchange, service, { maxBytes: events.callbackBytes, clock, observe }),
  };
}

/** An outage concerns many results at once: one line each 10 seconds is enough. */
function sparingly(clock: Clock, report: (error: unknown) => void): (error: unknown) => void {
  let quietUntil = 0;
  return (error) => {
    if (clock() < quietUntil) return;
    quietUntil = clock() + 10_000;
    report(error);
  };
}

/** A callback waits this long for a store that is away: an error would turn its playbook FAILED, milliseconds. */
const callbackPatienceMs = 10_000;

/** The secret first: without it not a byte of the body is read. */
async function answerCallback(
  exchange: Exchange,
  { callbacks }: LiveService,
  { maxBytes, clock, observe }: { maxBytes: number; clock: Clock; observe: Observe },
): Promise<Answer> {
  if (exchange.method !== 'POST') return notAllowed('POST');
  const patience = { forMs: callbackPatienceMs, clock };
  const request = await patiently(() => callbacks.find(exchange.path), patience);
  if (request === undefined) {
    observe({ type: 'callback_refused', reason: 'secret' });
    return json(403, { error: 'This callback is not expected.', code: 'ERR_ACCESS_DENIED' }, { connection: 'close' });
  }
  const body = await readBody(exchange.request, { maxBytes, lease: exchange.bodyLease });
  // Workers send `application/json`. The media type is not checked, so that no result is lost: only the text must be JSON.
  const sent = body.length === 0 ? undefined : parseBody(body);
  const { status, body: answer } = await patiently(() => callbacks.handle(request, exchange.path, sent), patience);
  return json(status, answer);
}
