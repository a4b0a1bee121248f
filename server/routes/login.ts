import { GatewayError } from '../../core/errors.ts';
import { holdsTemplateMark } from '../../core/noetl/template-mark.ts';
import type { Observe } from '../../core/observe.ts';
import type { IdentityVerifier, LoginBackend, LoginRequest, Sessions } from '../../core/ports.ts';
import { capSession } from '../../core/session/session-lifetime.ts';
import { limitRate } from '../rate-limit/limit-rate.ts';
import type { RateLimits } from '../rate-limit/rate-limits.ts';
import type { Handlers } from './generated/routes.gen.ts';
import type { RestContext } from './rest-context.ts';
import { wireTime, wireUser } from './wire.ts';

export interface LoginOptions {
  readonly verifier: IdentityVerifier;
  readonly backend: LoginBackend;
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
  readonly setCookie: boolean;
  /** No session lives longer. */
  readonly maxSessionMs: number;
}

/**
 * `POST /api/auth/login`: the identity token is verified here before anything is sent upstream, then the login backend
 * makes the session. The address passed on is the peer's, whatever the body says.
 * @throws ERR_LOGIN_REJECTED (401), ERR_AUTH_UNAVAILABLE (503), ERR_RATE_LIMITED (429), ERR_REQUEST_INVALID (400)
 */
export function createLogin(options: LoginOptions): Handlers<RestContext>['login'] {
  const { verifier, backend, sessions, limits, observe } = options;
  return async (body, { exchange, answerHeaders }) => {
    const { requestId, clientIp } = exchange;
    await limitRate(limits, 'login', clientIp, observe);
    if (holdsTemplateMark(body.auth0_token) || holdsTemplateMark(body.auth0_domain)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'template marks are not allowed in a login');
    }
    const request: LoginRequest = {
      token: body.auth0_token,
      domain: body.auth0_domain,
      sessionHours: body.session_duration_hours,
      clientIp,
    };
    const verified = await unavailableIsSeen(observe, requestId, () => verifier.verify(request.token, request.domain));
    if ('rejected' in verified) {
      observe({ type: 'login', outcome: 'rejected', requestId, clientIp });
      throw new GatewayError('ERR_LOGIN_REJECTED', verified.rejected);
    }
    const { subject } = verified.identity;
    await limitRate(limits, 'login', `subject ${verified.identity.issuer} ${subject}`, observe);
    const result = await unavailableIsSeen(observe, requestId, () => backend.login(request, verified.identity));
    if (result.outcome === 'rejected') {
      observe({ type: 'login', outcome: 'not_authenticated', subject, requestId, clientIp });
      throw new GatewayError('ERR_LOGIN_REJECTED', result.reason);
    }
    const session = capSession(result.session, options.maxSessionMs);
    await sessions.remember(result.token, session);
    const { user, expiresAt } = session;
    const { userId, email } = user;
    observe({ type: 'login', outcome: 'succeeded', userId, subject, requestId, clientIp, ...(email && { email }) });
    if (options.setCookie && fitsCookie.test(result.token)) {
      answerHeaders['set-cookie'] = sessionCookie(result.token, expiresAt);
    }
    return {
      status: 'authenticated',
      session_token: result.token,
      user: wireUser(user),
      expires_at: wireTime(expiresAt),
      message: 'Authentication successful',
    };
  };
}

/** Characters that a cookie value may hold as they are. */
const fitsCookie = /^[\w.~+/=:-]+$/;

/** A cookie that scripts cannot read and other sites cannot send with a POST. */
function sessionCookie(token: string, expiresAt: Date): string {
  return `session_token=${token}; Path=/; Expires=${expiresAt.toUTCString()}; HttpOnly; Secure; SameSite=Lax`;
}

async function unavailableIsSeen<T>(observe: Observe, requestId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    observe({ type: 'login', outcome: 'unavailable', requestId });
    throw error;
  }
}
