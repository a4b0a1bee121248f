import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../plugins/errors.ts';
import { isLoopback } from '../config/addresses.ts';
import type { Answer } from './answer.ts';

const methods = 'GET, POST, PUT, DELETE, PATCH, OPTIONS';
const requestHeaders =
  'content-type, authorization, x-session-id, x-session-token, x-user-id, x-request-id, last-event-id, traceparent, tracestate, mcp-protocol-version, mcp-method, mcp-name';

interface CorsOptions {
  readonly origins: readonly string[];
  readonly credentials: boolean;
  /** Pages of this machine may read too, at any port and without cookies. For development. */
  readonly loopback?: boolean;
  /** Called for each request of a page of another host that gets no headers. */
  readonly onRefused?: (origin: string) => void;
}

/**
 * CORS for a list of exact origins. The headers go on every reply, errors included; an origin that is not listed gets
 * no such header, and its preflight is refused.
 */
export interface Cors {
  /** True for an origin that is listed by name, when credentials are allowed at all. */
  mayUseCookies(origin: string): boolean;
  headersFor(headers: IncomingHttpHeaders): Record<string, string>;
  /** The answer to an OPTIONS request. */
  preflight(headers: IncomingHttpHeaders): Answer;
}

/**
 * @see Fetch Standard, CORS protocol. The config refuses `*` together with credentials; `mayUseCookies` is by name
 * only.
 */
export function createCors({ origins, credentials, loopback = false, onRefused = () => {} }: CorsOptions): Cors {
  const exact = new Set(origins);
  const isListed = (origin: string) => exact.has('*') || exact.has(origin);
  const isAllowed = (origin: string) => isListed(origin) || (loopback && isOfThisMachine(origin));
  const headersFor = (headers: IncomingHttpHeaders): Record<string, string> => {
    const { origin } = headers;
    // Always, so that a cache does not give a page of one origin the answer of another.
    if (origin === undefined) return { vary: 'Origin' };
    if (!isAllowed(origin)) {
      if (isOfAnotherSite(origin, headers)) onRefused(origin);
      return { vary: 'Origin' };
    }
    return {
      vary: 'Origin',
      'access-control-allow-origin': exact.has('*') ? '*' : origin,
      ...(credentials && isListed(origin) ? { 'access-control-allow-credentials': 'true' } : {}),
      'access-control-expose-headers':
        'x-request-id, retry-after, ratelimit, ratelimit-policy, x-noetl-has-more, x-noetl-stopped-at',
    };
  };
  return {
    mayUseCookies: (origin) => credentials && exact.has(origin),
    headersFor,
    preflight(headers) {
      const origin = headers.origin;
      const refused = origin !== undefined && !isAllowed(origin);
      return {
        status: refused ? 403 : 204,
        headers: refused
          ? {}
          : {
              allow: methods,
              'access-control-allow-methods': methods,
              'access-control-allow-headers': requestHeaders,
              'access-control-max-age': '600',
            },
        body: '',
      };
    },
  };
}

/** Same host and port. */
function isSameHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

const isOfAnotherSite = (origin: string, headers: IncomingHttpHeaders): boolean =>
  headers['sec-fetch-site'] !== 'same-origin' && !isSameHost(origin, headers.host);

const isOfThisMachine = (origin: string): boolean => URL.canParse(origin) && isLoopback(new URL(origin));

/**
 * Stops cross-site requests that a browser sends with a cookie. A browser names the origin of a request in `Sec-Fetch-Site` or
 * `Origin`; a cross-site request passes only from an allowed origin. Programs send neither header and pass: they
 * have no cookies that they did not mean to send.
 * @param ownOrigin the gateway's public origin, when it is configured. `Origin` is then compared with it and with the allowed
 * origins alone: `Host` and `Sec-Fetch-Site` agree with a page whose name was bound to this address (DNS rebinding).
 * @throws ERR_ORIGIN_REFUSED
 */
export function checkOrigin(headers: IncomingHttpHeaders, cors: Cors, ownOrigin: string | undefined): void {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin === undefined) {
    if (site === undefined || site === 'none' || site === 'same-origin') return;
  } else if (origin === ownOrigin || cors.mayUseCookies(origin)) return;
  else if (ownOrigin === undefined && (site === 'same-origin' || isSameHost(origin, host))) return;
  throw new GatewayError('ERR_ORIGIN_REFUSED', 'this origin may not use the session cookie');
}

const maxOrigins = 20;
const maxLength = 200;

/** The part of a logger that is used. */
interface Warn {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/**
 * Logs an origin that CORS refuses once, with the next step. At most 20 origins for a process: any page can choose one.
 * @param own the gateway's public origin, which is never reported
 */
export function reportRefusedOrigins(log: Warn, own: string | undefined): (origin: string) => void {
  const reported = new Set<string>();
  return (origin) => {
    const shown = origin.slice(0, maxLength);
    if (origin === own || reported.has(shown) || reported.size >= maxOrigins) return;
    reported.add(shown);
    log.warn(
      { origin: shown },
      'a page of this origin may not read answers of the gateway; if it is an app of yours, add the origin to CORS_ALLOWED_ORIGINS',
    );
  };
}
