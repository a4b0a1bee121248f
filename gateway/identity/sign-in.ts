import { hash } from 'node:crypto';
import { GatewayError } from '../../plugins/errors.ts';
import { isRefusal, type LoginRefusal, refuse } from '../../plugins/login-refusal.ts';
import { capSession, type ProviderTokens, type Session } from '../../plugins/noetl-auth/session/session.ts';
import { type SessionToken, sealTokens } from '../../plugins/noetl-auth/session/session-token.ts';
import type { GatewayEvent, Observe } from '../../plugins/observe.ts';
import type { Sessions } from '../../plugins/ports.ts';
import type { IssuerRules } from '../config/issuers.ts';
import type {
  Identity,
  IdentityVerifier,
  LoginBackend,
  LoginExpectation,
  LoginRequest,
} from '../config/login-ports.ts';
import { toGatewayError } from '../http/answer.ts';
import { assertWithinRate, limitRate, type RateLimits } from '../limits/rate-limits.ts';

export interface SignInOptions {
  readonly verifier: IdentityVerifier;
  readonly backend: LoginBackend;
  readonly sessions: Sessions;
  readonly limits: RateLimits;
  readonly observe: Observe;
  /** No session lives longer. */
  readonly maxSessionMs: number;
}

/** A login, whatever way it came. `expected` is set where the gateway itself asked the provider for the token. */
export interface SignInRequest extends LoginRequest {
  readonly requestId: string;
  readonly expected?: LoginExpectation;
}

/** A session that was made and is kept in the store. */
export interface SignedIn {
  readonly token: SessionToken;
  readonly session: Session;
}

const isJwt = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** A token without `exp` is remembered for a day; any other for a day after it expires. */
const longestReplayMs = 24 * 3_600_000;
/** The year 9999: later than that no store has to keep anything. */
const latestMs = Date.UTC(9999, 0, 1);
/** A hint is part of an address that the browser follows. */
const longestHint = 4_096;

/**
 * Makes a session of an identity token: the token is verified before anything is sent upstream, the login backend makes
 * the session, the issuer's entry bounds its life, and it is kept. Each login is one event, with the reason of a refusal.
 * @throws ERR_LOGIN_REJECTED (401), ERR_AUTH_UNAVAILABLE (503), ERR_RATE_LIMITED (429)
 */
export type SignIn = (request: SignInRequest) => Promise<SignedIn>;

/**
 * See {@link SignIn}. The order of its steps is the contract: nothing is sent upstream before the token is verified
 * (ADR 0007).
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { verifier, backend, sessions, limits, observe } = options;
  return async (request) => {
    const { requestId, clientIp } = request;
    const common = { type: 'login', requestId, clientIp } as const;
    await assertMayGuess(options, request);
    const verified = await seen(observe, common, () =>
      verifier.verify(request.token, request.domain, request.expected),
    );
    if (isRefusal(verified)) {
      await limitRate(limits, 'login', clientIp, observe);
      return refused(observe, common, verified);
    }
    const { identity, rules } = verified;
    const known = { ...common, ...whoseLogin(identity) };
    // By subject from here on: good logins of many users can come from one address.
    await limitRate(limits, 'login', `subject ${identity.issuer} ${identity.subject}`, observe);
    const result = await seen(observe, known, () => backend.login(request, identity, rules));
    if (result.outcome === 'rejected') {
      observe({ ...known, outcome: 'not_authenticated', ...(result.code !== undefined && { reason: result.code }) });
      throw new GatewayError('ERR_LOGIN_REJECTED', result.reason, { reason: 'not_accepted' });
    }
    const tokens = tokensOf(request, identity);
    const bounds = { rules, identity, tokens, maxSessionMs: options.maxSessionMs };
    const session = boundSession(result.session, result.token, bounds);
    const seenToken = { issuer: identity.issuer, kind: identity.kind };
    // The issuer's entry can end a session with its token, which may be over by now.
    if (session.expiresAt <= session.issuedAt) return refused(observe, known, refuse('expired', seenToken));
    if (rules.replay === 'once' && !(await takeToken(sessions, request.token, identity))) {
      return refused(observe, known, refuse('replayed', seenToken));
    }
    // Last: nothing can refuse the login any more.
    await sessions.remember(result.token, session);
    const { userId, email } = session.user;
    observe({ ...known, outcome: 'succeeded', userId, ...(email !== undefined && { email }) });
    return { token: result.token, session };
  };
}

/**
 * Refused logins count by address, and good ones are let in however many were refused before: a signature is checked here,
 * at no cost to others. An opaque token needs a call to its issuer, so an address that has used up its minute is refused.
 * @throws ERR_RATE_LIMITED
 */
async function assertMayGuess({ limits, observe }: SignInOptions, { token, clientIp }: SignInRequest): Promise<void> {
  if (isJwt.test(token)) return;
  await assertWithinRate(limits, 'login', clientIp, observe);
}

/** A token logs in once: what was signed counts, since a signature can often be written in another way. */
function takeToken(sessions: Sessions, token: string, { issuer, expiresAt }: Identity): Promise<boolean> {
  const signed = token.includes('.') ? token.slice(0, token.lastIndexOf('.')) : token;
  const until = new Date(Math.min(expiresAt.getTime(), latestMs) + longestReplayMs);
  return sessions.claim(`login ${issuer} ${hash('sha256', signed)}`, until);
}

/** The session with its identity, no longer than the gateway and the issuer's entry allow. */
function boundSession(
  made: Session,
  sessionToken: SessionToken,
  { identity, rules, tokens, maxSessionMs }: Bounds,
): Session {
  const { issuer, subject, sid, client, isMachine } = identity;
  const { maxMs = maxSessionMs, endsWithToken, refreshMs } = rules.session;
  const isFollowed = refreshMs !== undefined && tokens.access !== undefined;
  // A session that should be refreshed, and cannot be, lives as long as until its first refresh.
  const refreshCapMs = isFollowed ? maxSessionMs : (refreshMs ?? maxSessionMs);
  const session = capSession(made, Math.min(maxMs, maxSessionMs, refreshCapMs));
  const endMs = endsWithToken ? identity.expiresAt.getTime() : Number.POSITIVE_INFINITY;
  const kept = { ...(isFollowed && { access: tokens.access }), ...(rules.browser && { id: tokens.id }) };
  const isAnyKept = kept.access !== undefined || kept.id !== undefined;
  return {
    ...session,
    expiresAt: new Date(Math.min(session.expiresAt.getTime(), endMs)),
    identity: {
      issuer,
      subject,
      ...(sid !== undefined && { sid }),
      ...(client !== undefined && { client }),
      ...(isMachine && { isMachine }),
      ...(isFollowed && { refreshMs }),
      ...(isAnyKept && { sealed: sealTokens(sessionToken, kept) }),
    },
  };
}

interface Bounds {
  readonly identity: Identity;
  readonly rules: IssuerRules;
  readonly tokens: ProviderTokens;
  readonly maxSessionMs: number;
}

/** An access token is kept to ask the provider again, an ID token as the hint of a logout at the provider. */
function tokensOf({ token, expected }: SignInRequest, { kind }: Identity): ProviderTokens {
  const access = kind === 'id_token' ? expected?.accessToken : token;
  const id = kind === 'id_token' && token.length <= longestHint ? token : undefined;
  return { ...(access !== undefined && { access }), ...(id !== undefined && { id }) };
}

type LoginEvent = Extract<GatewayEvent, { type: 'login' }>;
type Common = Omit<LoginEvent, 'outcome'>;

function whoseLogin({ issuer, subject, kind, isMachine, client }: Identity) {
  return { issuer, subject, token: { kind }, ...(isMachine && { machine: client ?? subject }) };
}

function refused(observe: Observe, common: Common, refusal: LoginRefusal): never {
  const { rejected, publicReason, reason, seen: token } = refusal;
  observe({ ...common, outcome: 'rejected', reason, token });
  throw new GatewayError('ERR_LOGIN_REJECTED', rejected, { reason: publicReason });
}

/** An outage is an event too. */
async function seen<T>(observe: Observe, common: Common, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    observe({ ...common, outcome: 'unavailable', reason: toGatewayError(error).code });
    throw error;
  }
}
