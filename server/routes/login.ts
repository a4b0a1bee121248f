import { GatewayError } from '../../core/errors.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import type { SignedIn, SignIn } from '../auth/login/sign-in.ts';
import type { Handlers, LoginResponse } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { fitsCookie, sessionCookie } from './session-cookie.ts';
import { wireTime, wireUser } from './wire.ts';

export interface LoginOptions {
  readonly signIn: SignIn;
  readonly setCookie: boolean;
}

/**
 * `POST /api/auth/login`: exchanges an identity token for a session. The address passed on is the peer's; one in the
 * body is ignored.
 * @throws ERR_LOGIN_REJECTED (401), ERR_AUTH_UNAVAILABLE (503), ERR_REQUEST_INVALID (400)
 */
export function createLogin({ signIn, setCookie }: LoginOptions): Handlers<RestContext>['login'] {
  return async (body, { exchange, answerHeaders }) => {
    const { requestId, clientIp } = exchange;
    // Both become part of NoETL's workload, where templates are evaluated.
    if (holdsTemplateMark(body.auth0_token) || holdsTemplateMark(body.auth0_domain)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'template marks are not allowed in a login');
    }
    const made = await signIn({
      token: body.auth0_token,
      domain: body.auth0_domain,
      sessionHours: body.session_duration_hours,
      clientIp,
      requestId,
    });
    // A token that does not fit is in the body anyway.
    if (setCookie && fitsCookie(made.token))
      answerHeaders['set-cookie'] = sessionCookie(made.token, made.session.expiresAt);
    return loginAnswer(made);
  };
}

/** A new session, as the protocol shows it. */
export function loginAnswer({ token, session }: SignedIn): LoginResponse {
  return {
    status: 'authenticated',
    session_token: token,
    user: wireUser(session.user),
    expires_at: wireTime(session.expiresAt),
    message: 'Authentication successful',
  };
}
