import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { SessionTickets } from '../live/session-tickets.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { wireTime } from './wire.ts';

export interface TicketOptions {
  readonly tickets: SessionTickets;
  readonly limits: RateLimits;
  readonly observe: Observe;
}

/**
 * `POST /api/auth/ticket`: a ticket that opens one stream of `GET /events`, once and soon. Each takes the room of a session in
 * the store, so that tickets without bound would push out sessions of others.
 * @throws ERR_RATE_LIMITED
 */
export function createTicket({ tickets, limits, observe }: TicketOptions): Handlers<RestContext>['ticket'] {
  return async ({ caller }) => {
    if (caller === undefined) throw new GatewayError('ERR_TOKEN_MISSING', 'a session token is required');
    await limitRate(limits, 'ticket', `user ${caller.session.user.userId}`, observe);
    const { ticket, expiresAt } = await tickets.issue(caller.token, caller.session);
    return { ticket, expires_at: wireTime(expiresAt) };
  };
}
