import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../core/errors.ts';
import { type Cors, isSameHost } from './cors.ts';

/**
 * Stops cross-site requests that ride on a cookie. A browser names the origin of a request in `Sec-Fetch-Site` or
 * `Origin`; a cross-site request passes only from an allowed origin. Programs send neither header and pass: they
 * have no cookies that they did not mean to send.
 * @param ownOrigin the gateway's public origin, when it is configured.
 * @throws ERR_ORIGIN_REFUSED
 */
export function checkOrigin(headers: IncomingHttpHeaders, cors: Cors, ownOrigin: string | undefined): void {
  const site = headers['sec-fetch-site'];
  const origin = headers.origin;
  if (site === 'same-origin') return;
  if (origin === undefined && (site === undefined || site === 'none')) return;
  if (origin !== undefined && (origin === ownOrigin || isSameHost(origin, headers.host) || cors.mayUseCookies(origin)))
    return;
  throw new GatewayError('ERR_ORIGIN_REFUSED', 'this origin may not use the session cookie');
}
