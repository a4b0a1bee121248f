import { GatewayError } from '../../core/errors.ts';
import type { Observe } from '../../core/observe.ts';
import type { Sessions } from '../../core/ports.ts';
import type { KnownIssuer } from '../identity/judge-token.ts';
import { providerLogoutUrl } from '../identity/provider-logout.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { endedCookie } from './session-cookie.ts';

export interface LogoutOptions {
  readonly sessions: Sessions;
  readonly observe: Observe;
  readonly setCookie: boolean;
  readonly known: readonly KnownIssuer[];
}

/** `POST /api/auth/logout`: the token is dead from now on, although NoETL still knows it. `{"all": true}` ends every session of the user. */
export function createLogout({ sessions, observe, setCookie, known }: LogoutOptions): Handlers<RestContext>['logout'] {
  return async (body, { exchange, caller, answerHeaders }) => {
    if (caller === undefined) throw new GatewayError('ERR_TOKEN_MISSING', 'a session token is required');
    const all = body.all === true;
    // All first: if that fails, the caller still has a session to try again with.
    if (all) await sessions.endAllOf(caller.session.user);
    await sessions.end(caller.token, caller.session);
    const { userId, email } = caller.session.user;
    const { requestId } = exchange;
    observe({ type: 'logout', userId, all, requestId, ...(email && { email }) });
    // A browser login sets the cookie even where the config sets none for other logins.
    if (setCookie || exchange.request.headers.cookie?.includes('session_token=') === true) {
      answerHeaders['set-cookie'] = endedCookie;
    }
    const logout_url = await providerLogoutUrl(known, caller.token, caller.session);
    return { status: 'logged_out', ...(logout_url !== undefined && { logout_url }) };
  };
}
