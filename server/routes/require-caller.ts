import type { Caller } from '../../core/call-context.ts';
import type { Observe } from '../../core/observe.ts';
import { createAuthenticator } from '../../plugins/noetl-auth/authenticator.ts';
import type { Parts } from '../compose.ts';
import type { Exchange } from '../http/exchange.ts';
import { readHeaderOf } from '../http/header-values.ts';
import { guessLimit } from '../rate-limit/guess-limit.ts';

/** The caller of a REST request. @throws 401 and 503 errors when there is no session or it cannot be found out */
export type RequireCaller = (exchange: Exchange) => Promise<Caller>;

/** @param checkCookieOrigin throws for a cookie that another site sent along */
export function createRequireCaller(
  { sessions, limits }: Pick<Parts, 'sessions' | 'limits'>,
  observe: Observe,
  checkCookieOrigin: (exchange: Exchange) => void,
): RequireCaller {
  const authenticate = createAuthenticator({ sessions, observe });
  return async (exchange) => {
    const found = await authenticate(readHeaderOf(exchange.request), guessLimit(limits, exchange.clientIp, observe));
    if ('refused' in found) throw found.refused;
    if (found.source === 'cookie') checkCookieOrigin(exchange);
    return found.caller;
  };
}
