import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { Sessions } from '../../core/ports.ts';
import type { LoginCodes } from '../auth/browser/login-codes.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import { loginAnswer } from './login.ts';
import type { RestContext } from './rest-context.ts';

export interface ExchangeCodeOptions {
  readonly codes: LoginCodes;
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
}

/**
 * `POST /api/auth/exchange`: the code of a browser login for its session, once, with the verifier of the challenge that
 * the app sent at the start.
 * @throws ERR_LOGIN_REJECTED (401), ERR_STORE (503), ERR_RATE_LIMITED (429)
 */
export function createExchangeCode(options: ExchangeCodeOptions): Handlers<RestContext>['exchangeCode'] {
  const { codes, sessions, limits, observe } = options;
  return async ({ code, code_verifier: verifier }, { exchange }) => {
    const token = await codes.redeem(code, verifier);
    // The session may have ended within the minute of the code.
    const session = token === undefined ? undefined : await sessions.lookup(token);
    if (token === undefined || session === undefined) {
      await limitRate(limits, 'login', exchange.clientIp, observe);
      throw new GatewayError('ERR_LOGIN_REJECTED', 'The code is not valid: it was used, or is older than a minute.', {
        reason: 'not_accepted',
      });
    }
    return loginAnswer({ token, session });
  };
}
