import type { IncomingHttpHeaders } from 'node:http';
import type { Answer } from './answer.ts';

const methods = 'GET, POST, PUT, DELETE, PATCH, OPTIONS';
const requestHeaders =
  'content-type, authorization, x-session-id, x-session-token, x-user-id, x-request-id, traceparent, tracestate, mcp-protocol-version, mcp-method, mcp-name';

export interface CorsOptions {
  readonly origins: readonly string[];
  readonly credentials: boolean;
}

/**
 * CORS for a list of exact origins. The headers go on every reply, errors included; an origin that is not listed gets
 * none, and its preflight is refused.
 */
export interface Cors {
  /** True for an origin that is listed by name, when credentials are allowed at all. */
  mayUseCookies(origin: string): boolean;
  headersFor(headers: IncomingHttpHeaders): Record<string, string>;
  /** The answer to an OPTIONS request. */
  preflight(headers: IncomingHttpHeaders): Answer;
}

export function createCors({ origins, credentials }: CorsOptions): Cors {
  const exact = new Set(origins);
  const isAllowed = (origin: string) => exact.has('*') || exact.has(origin);
  const headersFor = (headers: IncomingHttpHeaders): Record<string, string> => {
    const origin = headers.origin;
    if (origin === undefined || !isAllowed(origin)) return { vary: 'Origin' };
    return {
      vary: 'Origin',
      'access-control-allow-origin': exact.has('*') ? '*' : origin,
      ...(credentials ? { 'access-control-allow-credentials': 'true' } : {}),
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
