import type { Observe } from '../../core/observe.ts';
import type { Sessions } from '../../core/ports.ts';
import { parseSessionToken } from '../../core/session/session-token.ts';
import { guessLimit } from '../rate-limit/guess-limit.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { wireTime, wireUser } from './wire.ts';

export interface ValidateOptions {
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
}

/**
 * `POST /api/auth/validate`: always 200 when it is known whether the token is a session.
 * @throws ERR_RATE_LIMITED: guesses by address, checks by user
 */
export function createValidate({ sessions, limits, observe }: ValidateOptions): Handlers<RestContext>['validate'] {
  return async (body, { exchange }) => {
    // What cannot be a token is not looked up, and no guess.
    const token = parseSessionToken(body.session_token);
    const session =
      token === undefined ? undefined : await sessions.lookup(token, guessLimit(limits, exchange.clientIp, observe));
    if (session !== undefined) await limitRate(limits, 'validate', `user ${session.user.userId}`, observe);
    return session === undefined
      ? { valid: false, user: null, expires_at: null, message: 'Session is invalid or expired' }
      : {
          valid: true,
          user: wireUser(session.user),
          expires_at: wireTime(session.expiresAt),
          message: 'Session is valid',
        };
  };
}
