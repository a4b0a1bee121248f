import type { IncomingHttpHeaders } from 'node:http';
import { GatewayError } from '../../plugins/errors.ts';
import { type Cors, isSameHost } from './cors.ts';

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
