import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../config/addresses.ts';
import type { Answer } from './answer.ts';

const methods = 'GET, POST, PUT, DELETE, PATCH, OPTIONS';
const requestHeaders =
  'content-type, authorization, x-session-id, x-session-token, x-user-id, x-request-id, last-event-id, traceparent, tracestate, mcp-protocol-version, mcp-method, mcp-name';

export interface CorsOptions {
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
      'access-control-expose-headers': 'x-request-id, retry-after, ratelimit, ratelimit-policy',
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
export function isSameHost(origin: string, host: string | undefined): boolean {
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

const isOfAnotherSite = (origin: string, headers: IncomingHttpHeaders): boolean =>
  headers['sec-fetch-site'] !== 'same-origin' && !isSameHost(origin, headers.host);

const isOfThisMachine = (origin: string): boolean => URL.canParse(origin) && isLoopback(new URL(origin));
