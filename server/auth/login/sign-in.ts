import { GatewayError } from '../../../core/errors.ts';
import type { IssuerRules } from '../../../core/identity/issuer-rules.ts';
import { isRefusal, refuse, type SeenToken } from '../../../core/identity/login-refusal.ts';
import type { GatewayEvent, Observe } from '../../../core/observe.ts';
import type {
  Identity,
  IdentityVerifier,
  LoginBackend,
  LoginExpectation,
  LoginRequest,
  Sessions,
} from '../../../core/ports.ts';
import type { Session } from '../../../core/session/session.ts';
import { capSession } from '../../../core/session/session-lifetime.ts';
import type { SessionToken } from '../../../core/session/session-token.ts';
import { limitRate } from '../../rate-limit/limit-rate.ts';
import type { RateLimits } from '../../rate-limit/rate-limits.ts';

export interface SignInOptions {
  readonly verifier: IdentityVerifier;
  readonly backend: LoginBackend;
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
  /** No session lives longer. */
  readonly maxSessionMs: number;
}

export interface SignInRequest extends LoginRequest {
  readonly requestId: string;
  readonly expected?: LoginExpectation;
}

export interface SignedIn {
  readonly token: SessionToken;
  readonly session: Session;
}

/**
 * Makes a session of an identity token: the token is verified before anything is sent upstream, the login backend makes
 * the session, the issuer's entry bounds its life, and it is kept. Each login is one event, with the reason of a refusal.
 * @throws ERR_LOGIN_REJECTED (401), ERR_AUTH_UNAVAILABLE (503), ERR_RATE_LIMITED (429)
 */
export type SignIn = (request: SignInRequest) => Promise<SignedIn>;

export function createSignIn(options: SignInOptions): SignIn {
  const { verifier, backend, sessions, limits, observe } = options;
  return async (request) => {
    const { requestId, clientIp } = request;
    const common = { type: 'login', requestId, clientIp } as const;
    const verified = await seen(observe, common, () =>
      verifier.verify(request.token, request.domain, request.expected),
    );
    if (isRefusal(verified)) {
      const { rejected, publicReason, reason, seen: token } = verified;
      observe({ ...common, outcome: 'rejected', reason, token });
      throw new GatewayError('ERR_LOGIN_REJECTED', rejected, { reason: publicReason });
    }
    const { identity, rules } = verified;
    const known = { ...common, ...whoseLogin(identity) };
    await limitRate(limits, 'login', `subject ${identity.issuer} ${identity.subject}`, observe);
    const result = await seen(observe, known, () => backend.login(request, identity, rules));
    if (result.outcome === 'rejected') {
      observe({ ...known, outcome: 'not_authenticated', ...(result.code !== undefined && { reason: result.code }) });
      throw new GatewayError('ERR_LOGIN_REJECTED', result.reason, { reason: 'not_accepted' });
    }
    const session = boundSession(result.session, identity, rules, options.maxSessionMs);
    if (session.expiresAt <= session.issuedAt) return refuseEnded(observe, known, { issuer: identity.issuer });
    await sessions.remember(result.token, session);
    const { userId, email } = session.user;
    observe({ ...known, outcome: 'succeeded', userId, ...(email !== undefined && { email }) });
    return { token: result.token, session };
  };
}

/** The session with its identity, no longer than the gateway and the issuer's entry allow. */
function boundSession(made: Session, identity: Identity, rules: IssuerRules, maxSessionMs: number): Session {
  const { issuer, subject, sid, client, isMachine } = identity;
  const { maxMs = maxSessionMs, endsWithToken } = rules.session;
  const session = capSession(made, Math.min(maxMs, maxSessionMs));
  const endMs = endsWithToken ? identity.expiresAt.getTime() : Number.POSITIVE_INFINITY;
  return {
    ...session,
    expiresAt: new Date(Math.min(session.expiresAt.getTime(), endMs)),
    identity: {
      issuer,
      subject,
      ...(sid !== undefined && { sid }),
      ...(client !== undefined && { client }),
      ...(isMachine && { isMachine }),
    },
  };
}

type LoginEvent = Extract<GatewayEvent, { type: 'login' }>;
type Common = Omit<LoginEvent, 'outcome'>;

function whoseLogin({ issuer, subject, kind, isMachine, client }: Identity) {
  return { issuer, subject, token: { kind }, ...(isMachine && { machine: client ?? subject }) };
}

/** The token is over, or says not when it ends, and the session must not outlive it. */
function refuseEnded(observe: Observe, common: Common, token: SeenToken): never {
  const { rejected, publicReason, reason } = refuse('expired', token);
  observe({ ...common, outcome: 'rejected', reason, token });
  throw new GatewayError('ERR_LOGIN_REJECTED', rejected, { reason: publicReason });
}

/** An outage is an event too. */
async function seen<T>(observe: Observe, common: Common, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    observe({ ...common, outcome: 'unavailable' });
    throw error;
  }
}
