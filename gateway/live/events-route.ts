import type { Caller } from '../../plugins/call-context.ts';
import { GatewayError } from '../../plugins/errors.ts';
import { judgeOnExecutionsOf } from '../../plugins/noetl-auth/access/access-checkers.ts';
import type { Authenticate } from '../../plugins/noetl-auth/authenticator.ts';
import { parseSessionToken, type SessionToken } from '../../plugins/noetl-auth/session/session-token.ts';
import type { Observe } from '../../plugins/observe.ts';
import type { AccessChecker, GuessBudget, Sessions } from '../../plugins/ports.ts';
import type { ResolvedConfig } from '../config/gateway-config.ts';
import { type Answer, errorAnswer, notAllowed, plainText, type WriteStream } from '../http/answer.ts';
import { type Exchange, readHeaderOf } from '../http/exchange.ts';
import type { OneTimeCodes } from '../identity/one-time-codes.ts';
import { addressKey } from '../limits/client-address.ts';
import { guessLimit, type RateLimits } from '../limits/rate-limits.ts';
import { type EventStreamOptions, runEventStream, sessionEndedFrame } from './event-stream.ts';
import { type ClientIds, clientOfEvent } from './live-requests.ts';

/** The inputs of the route. `checkCookieOrigin` throws for a cookie that another site sent along. */
export interface EventsRouteOptions {
  readonly config: Pick<ResolvedConfig['events'], 'sessionInQuery'>;
  readonly sessions: Sessions;
  readonly authenticate: Authenticate;
  readonly checkCookieOrigin: (exchange: Exchange) => void;
  readonly checker: AccessChecker;
  readonly limits: RateLimits;
  readonly streams: StreamLimits;
  readonly tickets: OneTimeCodes;
  readonly clients: ClientIds;
  readonly observe: Observe;
  readonly stream: EventStreamOptions;
}

/** `GET /events`, for existing clients: its frames and codes are those of the earlier gateway. */
export function createEventsRoute(options: EventsRouteOptions): (exchange: Exchange) => Promise<Answer> {
  return async (exchange) => {
    if (exchange.method !== 'GET') return notAllowed('GET, OPTIONS');
    const query = new URLSearchParams(exchange.search);
    const found = await findCaller(exchange, query, options);
    // Text and 400, as the earlier gateway.
    if (found === 'missing') {
      return plainText(
        400,
        'a session is required: ?session_token=, ?ticket=, the header Authorization, or the cookie',
      );
    }
    // 200 with an event: a page cannot read the status of an EventSource, and the web UI logs out at the code of the
    // event.
    if (found === 'over') return events((out) => out.write(sessionEndedFrame).then(() => {}));
    return open(exchange, query, found, options);
  };
}

async function open(
  exchange: Exchange,
  query: URLSearchParams,
  { session, token }: Caller,
  options: EventsRouteOptions,
): Promise<Answer> {
  const { sessions, checker, streams, clients, observe } = options;
  const { user } = session;
  // In a header when a browser connects again by itself; in the query for clients that cannot set headers.
  const lastEventId = header(exchange, 'last-event-id') ?? query.get('last_event_id') ?? undefined;
  // Counted before anything is waited for, so that many requests at once cannot pass the limit.
  const leave = streams.enter(user.userId, exchange.clientIp);
  try {
    const client = await clients.take(query.get('client_id') ?? clientOfEvent(lastEventId), user.userId);
    const listener = {
      client,
      token,
      lastEventId,
      // Without the count of guesses: the token was good when the stream began.
      mayStay: async () => (await sessions.lookup(token)) !== undefined,
      async maySee(path: string) {
        const current = await sessions.lookup(token);
        if (current === undefined) throw new GatewayError('ERR_SESSION_INVALID', 'the session is over');
        return (await judgeOnExecutionsOf({ caller: { session: current, token } }, checker, 'view', path)).allowed;
      },
    };
    return events(async (out) => {
      observe({ type: 'stream', state: 'opened' });
      try {
        await runEventStream(out, listener, options.stream);
      } finally {
        leave();
        observe({ type: 'stream', state: 'closed' });
      }
    });
  } catch (error) {
    leave();
    throw error;
  }
}

/** `x-accel-buffering`: nginx would hold the events back until its buffer is full. */
const events = (stream: WriteStream): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' },
  body: '',
  stream,
});

type Found = Caller | 'missing' | 'over';

/**
 * Where the session may be: a ticket, the address, a header or the cookie, in that order. A wrong token gives
 * `over` too.
 */
async function findCaller(exchange: Exchange, query: URLSearchParams, options: EventsRouteOptions): Promise<Found> {
  const { authenticate, tickets, limits, observe, sessions, config } = options;
  const guesses = guessLimit(limits, exchange.clientIp, observe);
  const lookup = async (token: SessionToken | undefined, budget?: GuessBudget): Promise<Found> => {
    const session = token === undefined ? undefined : await sessions.lookup(token, budget);
    return token === undefined || session === undefined ? 'over' : { session, token };
  };
  const ticket = query.get('ticket');
  if (ticket !== null) return lookup(await redeem(ticket, tickets, guesses));
  const given = query.getAll('session_token');
  if (given.length > 0) {
    if (!config.sessionInQuery) throw queryRefused();
    // Two different tokens in one address are neither.
    return lookup(new Set(given).size === 1 ? parseSessionToken(given[0] ?? '') : undefined, guesses);
  }
  const found = await authenticate(readHeaderOf(exchange.request), guesses);
  if ('refused' in found) return found.refused.code === 'ERR_TOKEN_MISSING' ? 'missing' : 'over';
  // A cookie is sent by the browser also for a page of another site.
  if (found.source === 'cookie') options.checkCookieOrigin(exchange);
  return found.caller;
}

/** A wrong ticket is a guess like a wrong token. A valid one is let in, however much its address has guessed. */
async function redeem(ticket: string, tickets: OneTimeCodes, guesses: GuessBudget) {
  const token = await tickets.redeem(ticket);
  if (token === undefined) await guesses.spend();
  return token;
}

const queryRefused = () =>
  new GatewayError(
    'ERR_REQUEST_INVALID',
    'a session token in the address is switched off here: send it as a header, or get a ticket from POST /api/auth/ticket',
  );

function header({ request }: Exchange, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** For a gateway whose config switches `/events` off. */
export const eventsOff = async (): Promise<Answer> =>
  errorAnswer(new GatewayError('ERR_NOT_FOUND', 'events are switched off here (events.enabled)'));

/** Bounds how many streams are open: in all, of a user, and of an address. */
export interface StreamLimits {
  /** @returns what gives the place back. @throws ERR_OVERLOADED, ERR_RATE_LIMITED */
  enter(userId: string, address: string): () => void;
  /** How many are open now. */
  count(): number;
}

/** Counts of this process: each replica counts for itself. */
export function createStreamLimits(limits: ResolvedConfig['events']): StreamLimits {
  const open = new Map<string, number>();
  let total = 0;
  return {
    count: () => total,
    enter(userId, address) {
      // An address is counted as the limits of rates count it, so that one network has one place.
      const places = [
        { name: `user ${userId}`, most: limits.streamsPerUser },
        { name: `address ${addressKey(address)}`, most: limits.streamsPerAddress },
      ];
      if (total >= limits.streams) {
        throw new GatewayError('ERR_OVERLOADED', 'too many streams are open; try again', { retryAfterSecs: 5 });
      }
      if (places.some(({ name, most }) => (open.get(name) ?? 0) >= most)) {
        throw new GatewayError('ERR_RATE_LIMITED', 'too many streams are open for you; close some', {
          retryAfterSecs: 5,
        });
      }
      total += 1;
      for (const { name } of places) open.set(name, (open.get(name) ?? 0) + 1);
      return onceOnly(() => {
        total -= 1;
        for (const { name } of places) {
          const left = (open.get(name) ?? 1) - 1;
          if (left > 0) open.set(name, left);
          else open.delete(name);
        }
      });
    },
  };
}

/** A place is given back once, however many ways a stream ends. */
function onceOnly(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
