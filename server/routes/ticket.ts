import { GatewayError } from '../../core/errors.ts';
import type { SessionTickets } from '../live/session-tickets.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { wireTime } from './wire.ts';

/** `POST /api/auth/ticket`: a ticket that opens one stream of `GET /events`, once and soon. */
export function createTicket(tickets: SessionTickets): Handlers<RestContext>['ticket'] {
  return async ({ caller }) => {
    if (caller === undefined) throw new GatewayError('ERR_TOKEN_MISSING', 'a session token is needed');
    const { ticket, expiresAt } = await tickets.issue(caller.token, caller.session);
    return { ticket, expires_at: wireTime(expiresAt) };
  };
}
