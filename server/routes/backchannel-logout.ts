import type { Clock } from '../../core/clock.ts';
import { GatewayError } from '../../core/errors.ts';
import { isRefusal } from '../../core/identity/login-refusal.ts';
import type { Observe } from '../../core/observe.ts';
import type { Sessions } from '../../core/ports.ts';
import { json } from '../http/answer.ts';
import type { KnownIssuer } from '../identity/judge-token.ts';
import { readLogoutToken } from '../identity/logout-token.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';

export interface BackchannelLogoutOptions {
  readonly known: readonly KnownIssuer[];
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
  readonly clock: Clock;
}

/**
 * `POST /api/auth/backchannel-logout`: a provider ends the sessions of a user or of one of its own sessions, on all
 * replicas. A token that is not valid is 400, as the standard wants.
 * @throws ERR_AUTH_UNAVAILABLE, ERR_STORE (503): the provider may try again
 * @see OpenID Connect Back-Channel Logout 1.0, sections 2.5 to 2.8
 */
export function createBackchannelLogout(options: BackchannelLogoutOptions): Handlers<RestContext>['backchannelLogout'] {
  const { known, sessions, limits, observe, clock } = options;
  return async (body, { exchange }) => {
    const { requestId, clientIp } = exchange;
    const now = new Date(clock());
    const order = await readLogoutToken(body.logout_token, known, now);
    if (isRefusal(order)) {
      // Only refused tokens count, and none is refused unread: other callers of the address must not stop a provider.
      await limitRate(limits, 'login', `backchannel ${clientIp}`, observe);
      const { issuer } = order.seen;
      observe({
        type: 'sessions_ended',
        by: 'provider',
        outcome: 'refused',
        reason: order.reason,
        requestId,
        ...(issuer && { issuer }),
      });
      throw new GatewayError('ERR_REQUEST_INVALID', 'the logout token is not valid', { reason: order.publicReason });
    }
    const { target } = order;
    // A token that comes again ends the sessions again: the provider may not have received the first answer.
    await sessions.endSessionsOf(target).catch((error: unknown) => {
      observe({ type: 'sessions_ended', by: 'provider', outcome: 'unavailable', requestId, ...target });
      throw error;
    });
    observe({ type: 'sessions_ended', by: 'provider', outcome: 'ended', requestId, ...target });
    return json(200, {});
  };
}
